/** @file Every sentence the page itself shows, in one place, so that they can be read and reviewed. */

/** Sentences and labels; in index.html `data-text` and `data-label` name them. */
export const strings = {
  title: "Quiet room",

  // Arrival
  arrivalOne: "An automated voice, not a person, that can stay with you.",
  arrivalTwo: "Talk, tap, or say nothing at all.",
  start: "Start",
  modes: "Who is here",
  modeSolo: "Just me",
  modeCouple: "Two of us",
  withoutMicrophoneStart: "Start without a microphone",
  consentTone: "Also note the pitch of your voice, on this machine alone.",
  kept: "Your voice is not recorded. Notes of pauses, without words, are deleted when we finish.",
  keptMore: "What is kept",
  keptDuring:
    "While we are here, the place we have reached and the notes of pauses are kept, so that a fault loses nothing. They are deleted at the goodbye, when you choose “Leave now”, or 30 minutes after the connection closes.",
  keptTone: "Pitch is not measured unless you switch that on. It is deleted with the rest.",
  keptNoLonger: "Nothing stays longer than that.",
  keptWhere:
    "What you say is turned into words by the computer that runs this page, and nowhere else.",
  adults: "For adults. It is not a therapist and cannot send help. If you are driving, stop first.",

  // Coming back, and the microphone
  returning: "You were here a moment ago. Nothing sounds until you tap.",
  goOn: "Go on",
  startAnew: "Start anew",
  microphoneWhy: "So that you can be heard, the browser now asks for the microphone.",
  microphoneAsking: "Waiting for the microphone",
  withoutMicrophone: "Go on by taps",
  microphoneRefused:
    "Going on without the microphone; everything works by taps. To be heard, allow it beside the page’s address, then reload.",
  microphoneNone:
    "No microphone was found; everything works by taps. To be heard, plug one in, then reload.",
  microphoneInsecure:
    "A browser gives the microphone only to an address that begins with https. Everything works by taps.",
  microphoneGone: "The microphone went away. Everything works by taps.",
  hearing: "Hearing you",

  // What it is doing
  connecting: "Connecting",
  opening: "Speaking",
  listening: "Listening",
  here: "Here with you",
  speaking: "Speaking",
  guiding: "Guiding you, slowly",
  offering: "Choose, or just stay",
  waiting: "Waiting with you",
  paused: "Paused",
  stopped: "Stopped. Still here.",
  crisis: "Still here with you",
  ratingBefore: "How far away or flooded, right now?",
  ratingAfter: "And now, how far away or flooded?",
  ended: "That was all for now. Take your time.",
  endedMore: "Your voice was not recorded. The notes of pauses are deleted.",
  endedPerson: "To talk to a person:",

  // Controls
  controls: "The voice",
  choices: "What next",
  dots: "One tap for each thing",
  dot: "Tap",
  justStay: "Just stay",
  pause: "Pause",
  sayAgain: "Say it again",
  stop: "Stop",
  finish: "Finish here",
  skip: "Skip",
  slower: "Slower",
  louder: "Louder",
  tapToHear: "Tap to hear",
  startAgain: "Start again",
  in: "In",
  hold: "Hold",
  out: "Out",
  minutesLeft: [
    "less than a minute left",
    "about a minute left",
    "about two minutes left",
    "about three minutes left",
    "about four minutes left",
    "about five minutes left",
  ],
  manyMinutesLeft: (/** @type {number} */ minutes) => `about ${minutes} minutes left`,

  // 0-10
  distressAsk: "How far away or how flooded, from 0 to 10",
  distressLow: "0, here",
  distressHigh: "10, very far or flooded",

  // Research
  consentResearch: "Keep the notes of this time for research?",
  consentResearchMore:
    "Pauses and timings, no words and no sound. Off unless you switch it on; otherwise they are deleted.",

  // Settings
  settings: "Settings",
  setCaptions: "Let a screen reader read the captions",
  setKeys: "Use single keys",
  keysHelp: "Escape stops. Space pauses. 1, 2, 3 choose. R says it again.",

  // Talk to a person
  talk: "Talk to a person",
  country: "Country",
  call: (/** @type {string} */ number) => `Call ${number}`,
  text: (/** @type {string} */ number) => `Text ${number}`,
  stillHere: "I’m still here.",
  trace: "A call or a text from here stays in this phone’s own list of calls and messages.",
  source: (/** @type {string} */ source, /** @type {string} */ checked) =>
    `From ${source}, checked ${checked}.`,

  // When something does not work
  lost: "Connection lost. Trying again.",
  lostMore: "Nothing is lost. It goes on by itself.",
  gaveUp: "Connection lost.",
  gaveUpMore: "Nothing is lost. Check the network, then try again.",
  tryAgain: "Try again",
  elsewhere: "This is open in another window.",
  elsewhereMore: "Close it there, and it goes on here by itself.",
  elsewhereGaveUpMore: "Close it there, then try again here.",
  gone: "That time together has closed, and its notes are deleted. You can start again.",
  full: "Every place is taken right now. You can try again in a few minutes.",
  unreachable: "The voice cannot be reached just now. Wait a little, then tap Start again.",
  notReady: "That did not work. Wait a little, then tap Start again.",
  noVoiceHere: "This browser cannot carry the voice. A newer one can, on this or another device.",
};

/** The lines shown where the service's list cannot be had. */
export const fallbackResources = {
  country: "",
  name: "",
  source: "",
  checked: "",
  lines: [
    {
      id: "988",
      name: "988 Lifeline (US)",
      about: "Somebody to talk to, day and night.",
      call: "988",
      text: "988",
      emergency: false,
    },
    {
      id: "emergency",
      name: "If life is in danger",
      about: "The emergency number where you are: 911 in the US, 112 in Europe, 999 in the UK.",
      call: "911",
      emergency: true,
    },
  ],
  countries: [],
};

/** Writes the sentences into every element that names one. */
export function fillStrings(/** @type {ParentNode} */ root) {
  const table = /** @type {Record<string, unknown>} */ (strings);
  for (const element of root.querySelectorAll("[data-text]")) {
    element.textContent = String(table[element.getAttribute("data-text") ?? ""] ?? "");
  }
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute(
      "aria-label",
      String(table[element.getAttribute("data-label") ?? ""] ?? ""),
    );
  }
}
