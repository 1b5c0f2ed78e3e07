/** @file Joins the page's parts: what was tapped goes out, what is shown comes in. */

import { createSession, deleteSession, readSession, sayAway } from "./api.js";
import { followSettings, onTaps, tieSettings } from "./controls.js";
import { Awake, tellHeadset, useHeadset } from "./device.js";
import { listenForKeys } from "./keys.js";
import { leaveBy } from "./leave.js";
import { askMicrophone, Level, releaseMicrophone } from "./microphone.js";
import { emptyModel, inCrisis, isLost, readShow } from "./model.js";
import { localeCountry, ResourcesPanel } from "./resources.js";
import { Line } from "./session.js";
import { loadSession, loadSettings, saveSession, saveSettings } from "./settings.js";
import { Shape } from "./shape.js";
import { fillStrings, strings } from "./strings.js";
import { View } from "./view.js";

const HUSH_MS = 8000; // the longest; what the service answers ends it sooner
const DRAIN_MS = 500; // what is still on its way when the service has fallen silent
const QUIET = ["paused", "stopped", "ended"];
const TICK_MS = 250;

const get = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const voice = /** @type {HTMLAudioElement} */ (get("voice"));
const settings = loadSettings();
const country = () => settings.country || localeCountry();

let model = emptyModel();
/** @type {import("./api.js").Session|null} */
let session = loadSession();
/** @type {Line|null} */
let line = null;
/** @type {MediaStream|null} */
let microphone = null;
let hearing = false;
let begun = false; // whether this conversation has been connected before
let hush = 0;
let hushed = false; // asked for quiet, and the service has not answered yet

fillStrings(document);
const level = new Level();
const shape = new Shape(get("shape"));
shape.follow(() => level.now());
const awake = new Awake();
const resources = new ResourcesPanel((code) => {
  settings.country = code;
  saveSettings(settings);
});
const view = new View({ tap, rate }, shape, resources);

/** Changes what the page knows, and shows it. */
function know(/** @type {Partial<import("./model.js").Model>} */ news) {
  model = { ...model, ...news };
  view.render(model);
  const guiding =
    model.screen === "session" &&
    ["guiding", "offering", "waiting", "crisis"].includes(model.show.state);
  awake.want(guiding);
  if (model.screen === "session") {
    tellHeadset(["paused", "stopped", "ended"].includes(model.show.state) ? "paused" : "playing");
  }
}

// --- what goes out

function tap(/** @type {string} */ control, /** @type {string|undefined} */ choice = undefined) {
  if (control === "stop" || control === "pause") silenceForNow();
  if (control === "go_on" || control === "say_again") hearAgain();
  line?.send({ type: "tapped", control, ...(choice === undefined ? {} : { choice }) });
}

function rate(/** @type {number|null} */ rating) {
  const when = model.show.rating ?? "before";
  line?.send({ type: "distress_rated", when, ...(rating === null ? {} : { rating }) });
}

function pauseOrGoOn() {
  const still = ["paused", "stopped"].includes(model.show.state);
  tap(still ? "go_on" : "pause");
}

/** Quiet at once, before the service has heard of it, and until it has. */
function silenceForNow() {
  voice.muted = true;
  hushed = !QUIET.includes(model.show.state);
  clearTimeout(hush);
  hush = window.setTimeout(hearAgain, hushed ? HUSH_MS : DRAIN_MS);
}

function hearAgain() {
  clearTimeout(hush);
  hushed = false;
  voice.muted = false;
}

// --- what comes in

function receive(/** @type {Record<string, any>} */ message) {
  if (message.type === "show") {
    know({ show: readShow(message, performance.now()) });
    const quiet = QUIET.includes(model.show.state);
    const crisis = model.show.state === "crisis";
    if (hushed && (quiet || crisis)) {
      // What is still on its way stays unheard, however late; the next line is heard again.
      hushed = false;
      clearTimeout(hush);
      if (crisis) hush = window.setTimeout(hearAgain, DRAIN_MS);
    } else if (!hushed && !quiet) hearAgain();
    if (model.show.state === "ended") saveSession(null);
  } else if (message.type === "caption" && typeof message.text === "string") {
    if (!hushed) hearAgain();
    // A line that goes on after a pause, or is said again, is still the same line.
    if (model.captions.at(-1) !== message.text) {
      know({ captions: [...model.captions, message.text].slice(-3) });
    }
  } else if (message.type === "transfer") {
    know({ crisis: true });
  } else if (message.type === "end") {
    saveSession(null);
    if (model.show.state !== "ended") know({ show: readShow({ state: "ended" }), blocked: false });
  }
}

async function play(/** @type {MediaStream} */ stream) {
  voice.srcObject = stream;
  try {
    await voice.play();
    know({ blocked: false });
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotAllowedError") know({ blocked: true });
  }
}

function follow(/** @type {import("./model.js").Link} */ link) {
  if (model.show.state === "ended") {
    // The goodbye was heard to its end: the browser's microphone sign goes out, too.
    if (link !== "open") silence();
    return;
  }
  if (link === "gone") return backToArrival(strings.gone);
  if (link === "open") begun = true;
  know(link === "open" ? { link, refused: "" } : { link });
}

/** There is no place: somebody new reads so, with numbers; somebody who was here waits for one. */
function refuse(/** @type {Record<string, any>} */ body) {
  const message = typeof body.message === "string" ? body.message : strings.full;
  if (begun) {
    if (body.resources) resources.take(body.resources);
    return know({ refused: message });
  }
  if (session) deleteSession(session);
  noPlace(message, body.resources);
}

function noPlace(/** @type {string} */ message, /** @type {any} */ numbers) {
  backToArrival(message);
  if (numbers) resources.take(numbers);
  know({ crisis: true });
}

// --- beginning, going on, ending

function connect() {
  if (!session) return;
  line = new Line({
    session,
    microphone,
    onMessage: receive,
    onLink: follow,
    onVoice: play,
    onRefused: refuse,
  });
  line.connect();
}

/** Asks for the microphone; the person may go on without while the browser still asks. */
async function microphoneOrTaps() {
  know({ ...emptyModel(), screen: "microphone" });
  const without = new Promise((done) =>
    get("no-microphone").addEventListener("click", () => done(null), { once: true }),
  );
  const asked = askMicrophone();
  const answer = /** @type {Awaited<typeof asked>|null} */ (await Promise.race([asked, without]));
  if (!answer) {
    asked.then(({ stream }) => releaseMicrophone(stream));
    return "";
  }
  microphone = answer.stream;
  if (microphone) {
    level.follow(microphone);
    for (const track of microphone.getAudioTracks()) {
      track.addEventListener("ended", () => know({ note: strings.microphoneGone, heard: false }));
    }
  }
  return {
    refused: strings.microphoneRefused,
    none: strings.microphoneNone,
    insecure: strings.microphoneInsecure,
    heard: "",
  }[answer.absent ?? "heard"];
}

async function start(/** @type {boolean} */ wanted) {
  if (!("RTCPeerConnection" in window)) return know({ message: strings.noVoiceHere });
  const note = wanted ? await microphoneOrTaps() : "";
  begun = false;
  know({ ...emptyModel(), screen: "session", note, heard: Boolean(microphone) });
  const { status, body } = await createSession({
    mode: "solo",
    microphone: Boolean(microphone),
    country: country() || undefined,
  });
  if (status === 201 && typeof body.id === "string" && typeof body.token === "string") {
    session = { id: body.id, token: body.token, microphone: wanted };
    saveSession(session);
    connect();
    if (settings.tone) line?.send({ type: "consent_changed", consent: "tone", given: true });
    return;
  }
  if (status === 503 && body.resources) {
    noPlace(typeof body.message === "string" ? body.message : strings.full, body.resources);
  } else backToArrival(status ? strings.notReady : strings.unreachable);
}

async function goOn() {
  const wanted = session?.microphone ?? false;
  const note = wanted ? await microphoneOrTaps() : "";
  know({ ...emptyModel(), screen: "session", note, heard: Boolean(microphone) });
  begun = true;
  connect();
}

/** Ends every sound and connection on this side; returns the session that was. */
function silence() {
  const was = session;
  voice.pause();
  voice.srcObject = null;
  hearAgain();
  line?.close();
  line = null;
  session = null;
  level.stop();
  releaseMicrophone(microphone);
  microphone = null;
  awake.want(false);
  tellHeadset("none");
  return was;
}

function backToArrival(message = "") {
  silence();
  saveSession(null);
  know({ ...emptyModel(), message });
}

// --- every control

onTaps({
  start: () => start(true),
  "tap-only": () => start(false),
  "go-on": goOn,
  "start-anew": () => {
    if (session) deleteSession(session);
    backToArrival();
  },
  "start-again": () => backToArrival(),
  "try-again": () => {
    know({ link: "lost" });
    line?.tryNow();
  },
  hear: () => play(/** @type {MediaStream} */ (voice.srcObject)),
  pause: pauseOrGoOn,
  "say-again": () => tap("say_again"),
  skip: () => (model.show.state === "rating" ? rate(null) : tap("skip")),
  stop: () => tap("stop"),
  slower: () => tap("slower"),
  "set-slower": () => tap("slower"),
  louder: () => tap("louder"),
});
tieSettings(settings, (consent, given) => line?.send({ type: "consent_changed", consent, given }));

const inSession = () => model.screen === "session" && model.show.state !== "ended";
const canPause = () =>
  ["guiding", "paused", "stopped"].includes(model.show.state) && !inCrisis(model) && !isLost(model);
listenForKeys({
  on: () => settings.keys && inSession(),
  closePanel: () => resources.close(),
  stop: () => tap("stop"),
  pause: () => canPause() && pauseOrGoOn(),
  again: () => tap("say_again"),
  choose: (index) => view.choose(index),
});
useHeadset({ pause: () => tap("pause"), goOn: () => tap("go_on"), stop: () => tap("stop") });
leaveBy(get("leave-now"), silence);
addEventListener("pagehide", () => {
  if (session && line && inSession()) sayAway(session);
  line?.close();
});

followSettings();
addEventListener("resize", () => view.fit());
setInterval(() => model.screen === "session" && view.tick(model, hearing), TICK_MS);
requestAnimationFrame(function frame(now) {
  hearing = model.screen === "session" && shape.frame(now);
  requestAnimationFrame(frame);
});

/** A tap that was made while the scripts were still on their way. */
function tappedEarly() {
  const wanted = document.documentElement.dataset.wanted;
  delete document.documentElement.dataset.wanted;
  for (const id of ["start", "tap-only"]) get(id).removeAttribute("aria-busy");
  if (wanted) get(wanted).click();
}

/** At load: help first, then whether there is something to go on with. */
async function begin() {
  resources.load(country());
  if (!session) {
    know({});
    return tappedEarly();
  }
  const { status, body } = await readSession(session);
  if (status === 404 || status === 401 || (status === 200 && !body.resumable)) {
    session = null;
    saveSession(null);
    return know({});
  }
  know({ screen: "returning" });
}
begin();
