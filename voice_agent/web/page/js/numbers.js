/** @file Writes the numbers that are spoken in words as digits that can be tapped. */

/** @typedef {import("./api.js").HelpLine} HelpLine */
/** @typedef {{text: string, href?: string}} Part a piece of a sentence; with `href` it is a link */

/** @type {Record<string, string>} */
const SPOKEN = {};
for (const [index, word] of "zero one two three four five six seven eight nine"
  .split(" ")
  .entries()) {
  SPOKEN[word] = String(index);
}
for (const [
  index,
  word,
] of "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
  .split(" ")
  .entries()) {
  SPOKEN[word] = String(10 + index);
}
SPOKEN.oh = "0";
SPOKEN.hundred = "00";
const TIMES = /** @type {Record<string, number>} */ ({ double: 2, triple: 3 });

const digitsOf = (/** @type {string} */ text) => text.replace(/\D/g, "");

/** What a browser dials. */
export const dialable = (/** @type {string} */ number) => number.replace(/[^\d+*#]/g, "");

/** The digits of a word; "" where it is none. */
function digits(/** @type {string} */ word, /** @type {string} */ before) {
  const lower = word.toLowerCase();
  const own = /^\d+$/.test(word) ? word : (SPOKEN[lower] ?? "");
  return own.length === 1 ? own.repeat(TIMES[before.toLowerCase()] ?? 1) : own;
}

/**
 * The longest run of words from `first` on that spells a known number.
 * @param {{word: string, from: number, to: number}[]} words
 * @param {string} sentence
 * @param {number} first
 * @param {Map<string, HelpLine>} known
 */
function numberAt(words, sentence, first, known) {
  let spelled = "";
  let found = null;
  for (let at = first; at < words.length; at++) {
    const { word, from, to } = words[at];
    const gap = at > first ? sentence.slice(words[at - 1].to, from) : "";
    if (!/^[\s,\u2013-]*$/.test(gap)) break;
    const before = at > first ? words[at - 1].word : "";
    const more = digits(word, before);
    if (!more && !(word.toLowerCase() in TIMES)) break;
    spelled += more;
    const line = more ? known.get(spelled) : undefined;
    if (line) found = { line, last: at, to };
  }
  return found;
}

/**
 * A sentence in pieces; the numbers of these lines, spoken or written, become links. A number
 * that belongs to no line (a countdown, say) stays as it is.
 * @param {string} sentence
 * @param {Iterable<HelpLine>} lines
 * @returns {Part[]}
 */
export function withNumbers(sentence, lines) {
  /** @type {Map<string, HelpLine>} */
  const known = new Map();
  for (const line of lines) {
    for (const number of [line.call, line.text]) {
      const key = digitsOf(number ?? "");
      if (key.length > 2 && !known.has(key)) known.set(key, line);
    }
  }
  const words = [...sentence.matchAll(/[A-Za-z]+|\d+/g)].map(({ 0: word, index }) => ({
    word,
    from: index,
    to: index + word.length,
  }));
  /** @type {Part[]} */
  const parts = [];
  let done = 0;
  for (let at = 0; at < words.length; at++) {
    const found = numberAt(words, sentence, at, known);
    if (!found) continue;
    const { call, text } = found.line;
    const lead = sentence.slice(done, words[at].from);
    const asked = call && text ? /\btext\s+$/i.exec(lead) : null;
    if (asked && text) {
      parts.push({ text: lead.slice(0, asked.index) });
      parts.push({ text: "text", href: `sms:${dialable(text)}` }, { text: " " });
    } else parts.push({ text: lead });
    const number = call ?? text ?? "";
    parts.push({ text: number, href: `${call ? "tel" : "sms"}:${dialable(number)}` });
    done = found.to;
    at = found.last;
  }
  parts.push({ text: sentence.slice(done) });
  return parts.filter((part) => part.text);
}
