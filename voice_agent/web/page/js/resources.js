/** @file "Talk to a person": the numbers of a country, always there, and large in a crisis. */

import { readResources } from "./api.js";
import { dialable, withNumbers } from "./numbers.js";
import { fallbackResources, strings } from "./strings.js";

/** @typedef {import("./api.js").Resources} Resources */
/** @typedef {import("./api.js").HelpLine} HelpLine */

/** Makes an element with text. */
function make(/** @type {string} */ tag, /** @type {string} */ text = "", className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

/** Links that call or text a line. */
function links(/** @type {HelpLine} */ line) {
  const row = make("p", "", "calls");
  for (const [scheme, number, words] of /** @type {const} */ ([
    ["tel", line.call, strings.call],
    ["sms", line.text, strings.text],
  ])) {
    if (!number) continue;
    const link = make("a", words(number));
    link.setAttribute("href", `${scheme}:${dialable(number)}`);
    link.setAttribute("rel", "noreferrer");
    row.append(link, " ");
  }
  return row;
}

/** The region's country from the browser's language, or "" where it names none. */
export function localeCountry() {
  for (const language of navigator.languages ?? [navigator.language]) {
    const region = new Intl.Locale(language).region;
    if (region && /^[A-Z]{2}$/.test(region)) return region;
  }
  return "";
}

/** Holds the numbers; they are fetched once, early, so that they are there without a network. */
export class ResourcesPanel {
  /** @type {Resources} */
  #resources = fallbackResources;
  #crisis = "";
  /** Every line this page has heard of, by its number: captions may name any of them. */
  #heardOf = new Map(
    /** @type {HelpLine[]} */ (fallbackResources.lines).map((line) => [line.call ?? line.id, line]),
  );

  constructor(/** @type {(country: string) => void} */ onCountry) {
    const get = (/** @type {string} */ id) =>
      /** @type {HTMLElement} */ (document.getElementById(id));
    this.details = /** @type {HTMLDetailsElement} */ (get("resources"));
    this.lines = get("lines");
    this.row = get("country-row");
    this.select = /** @type {HTMLSelectElement} */ (get("country"));
    this.source = get("lines-source");
    this.region = get("crisis-live");
    this.quiet = get("quiet-number");
    this.select.addEventListener("change", () => {
      onCountry(this.select.value);
      this.load(this.select.value);
    });
  }

  /** Fetches a country's numbers; what is shown stays where that fails. */
  async load(/** @type {string} */ country) {
    const { status, body } = await readResources(country);
    if (status === 200) this.take(/** @type {Resources} */ (body));
  }

  /** Shows these numbers from now on. */
  take(/** @type {Resources} */ resources) {
    if (!Array.isArray(resources?.lines) || !resources.lines.length) return;
    this.#resources = resources;
    for (const line of resources.lines) this.#heardOf.set(line.call ?? line.text ?? line.id, line);
    const list = make("ul", "", "lines");
    for (const line of resources.lines) {
      const item = document.createElement("li");
      const about = make("p");
      about.append(make("strong", line.name), ` ${line.about ?? ""}`);
      item.append(about, links(line));
      list.append(item);
    }
    this.lines.replaceChildren(list);
    this.source.textContent = resources.source
      ? strings.source(resources.source, resources.checked)
      : "";
    const countries = resources.countries ?? [];
    this.row.hidden = countries.length < 2;
    this.select.replaceChildren(
      ...countries.map(
        ({ code, name }) => new Option(name, code, false, code === resources.country),
      ),
    );
    this.#crisis = "";
  }

  /** A spoken sentence as it is written: its numbers in digits that can be tapped. */
  written(/** @type {string} */ sentence) {
    return withNumbers(sentence, this.#heardOf.values()).map(({ text, href }) => {
      if (!href) return text;
      const link = make("a", text);
      link.setAttribute("href", href);
      link.setAttribute("rel", "noreferrer");
      return link;
    });
  }

  /** Closes the panel; true when it was open. */
  close() {
    const was = this.details.open;
    this.details.open = false;
    if (was) this.details.querySelector("summary")?.focus();
    return was;
  }

  /** Shows or takes away the large number; an emergency puts the emergency number first. */
  renderCrisis(/** @type {boolean} */ shown, /** @type {boolean} */ emergency, lead = "") {
    const key = shown ? `${emergency}|${lead}` : "";
    if (key === this.#crisis && (shown ? this.region.firstChild : !this.region.firstChild)) return;
    this.#crisis = key;
    if (!shown) return void this.region.replaceChildren();
    const { lines } = this.#resources;
    const urgent = lines.filter((line) => line.emergency);
    const calm = lines.filter((line) => !line.emergency);
    const order = emergency ? [...urgent, ...calm] : [...calm.slice(0, 1), ...urgent];
    const section = make("section", "", "crisis");
    section.dataset.testid = "crisis";
    section.setAttribute("aria-label", strings.talk);
    if (lead) section.append(make("p", lead, "still-here"));
    for (const [index, line] of order.slice(0, 2).entries()) {
      const part = make("div", "", index ? "second" : "first");
      part.append(
        make("p", line.name),
        make("p", line.call ?? line.text ?? "", "number"),
        links(line),
      );
      section.append(part);
    }
    section.append(make("p", strings.trace, "small"));
    this.region.replaceChildren(section);
  }

  /**
   * Shows or takes away the small number in the middle of the page.
   * @param {string | null} kind quiet, violence, attacked, or null for none
   * @param {string} lead words before the number
   */
  renderQuiet(kind, lead = "") {
    this.quiet.hidden = !kind;
    if (!kind) return;
    const shown = `${kind} ${lead} ${this.#resources.country}`;
    if (this.quiet.dataset.shown === shown) return;
    this.quiet.dataset.shown = shown;
    const lines = this.#resources.lines;
    const urgent = lines.find((each) => each.emergency);
    const line =
      (kind === "attacked" && urgent) ||
      (kind === "violence" && (lines.find((each) => each.id === "violence") ?? urgent)) ||
      lines.find((each) => !each.emergency) ||
      lines[0];
    const words = lead ? [make("span", lead, "lead-in")] : [];
    this.quiet.replaceChildren(...words, make("span", line.name), ...links(line).children);
  }

  /** Opens the panel, where every number stands. */
  open() {
    this.details.open = true;
  }
}
