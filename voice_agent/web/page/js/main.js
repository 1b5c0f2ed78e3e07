/** @file Joins the page's parts: what was tapped goes out, what is shown comes in. */

import { createSession, deleteSession, readSession, sayAway } from "./api.js";
import { onTaps, tieSettings } from "./controls.js";
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
    if (hushed && [...QUIET, "crisis"].includes(model.show.state)) {
      hushed = false;
      clearTimeout(hush);
      hush = window.setTimeout(hearAgain, DRAIN_MS);
    }
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
  know({ link });
}

// --- beginning, going on, ending

function connect() {
  if (!session) return;
  line = new Line({ session, microphone, onMessage: receive, onLink: follow, onVoice: play });
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
      track.addEventListener("ended", () => know({ note: strings.microphoneGone }));
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
  know({ ...emptyModel(), screen: "session", note });
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
    backToArrival(typeof body.message === "string" ? body.message : strings.full);
    resources.take(body.resources);
    know({ crisis: true });
  } else backToArrival(status ? strings.notReady : strings.unreachable);
}

async function goOn() {
  const wanted = session?.microphone ?? false;
  const note = wanted ? await microphoneOrTaps() : "";
  know({ ...emptyModel(), screen: "session", note });
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

get("couple").hidden = !document.documentElement.dataset.modes?.split(" ").includes("couple");
setInterval(() => model.screen === "session" && view.tick(model, hearing), TICK_MS);
requestAnimationFrame(function frame(now) {
  hearing = model.screen === "session" && shape.frame(now);
  requestAnimationFrame(frame);
});

/** At load: help first, then whether there is something to go on with. */
async function begin() {
  resources.load(country());
  if (!session) return know({});
  const { status, body } = await readSession(session);
  if (status === 404 || status === 401 || (status === 200 && !body.resumable)) {
    session = null;
    saveSession(null);
    return know({});
  }
  know({ screen: "returning" });
}
begin();
