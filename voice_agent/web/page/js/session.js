/** @file The line to the service: one peer connection at a time, made anew when it is lost. */

import { sendOffer } from "./api.js";

/** @typedef {import("./api.js").Session} Session */
/** @typedef {import("./model.js").Link} Link */
/** @typedef {"open"|"gone"|"elsewhere"|"failed"} Outcome */

const GATHER_MS = 2000;
const OPEN_MS = 6000;
const HEAL_MS = 1000; // a short loss of packets heals by itself
const RETRY_MS = [1000, 2000];
const PULSE_MS = 500;
const FAINT_MS = 2500; // the service sends sound all the time, also while it is quiet
const PULSELESS_MS = 6000;
const GIVE_UP_MS = 45_000;
const KEPT_MESSAGES = 6; // taps made while the connection was lost

const wait = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

/** Keeps one conversation connected until it is closed. */
export class Line {
  /** @type {RTCPeerConnection|null} */
  #pc = null;
  /** @type {RTCDataChannel|null} */
  #channel = null;
  #trying = false;
  #closed = false;
  /** @type {string[]} */
  #unsent = [];
  /** @type {() => void} */
  #hurry = () => {};
  /** @type {Link} */
  #link = "connecting";
  #pulse;
  #packets = 0;
  #packetsAt = 0;

  /**
   * @param {object} options
   * @param {Session} options.session
   * @param {MediaStream|null} options.microphone null: receive only
   * @param {(message: Record<string, any>) => void} options.onMessage
   * @param {(link: Link) => void} options.onLink
   * @param {(stream: MediaStream) => void} options.onVoice
   * @param {(body: Record<string, any>) => void} options.onRefused there is no place just now
   */
  constructor(options) {
    this.options = options;
    addEventListener("online", this.tryNow);
    document.addEventListener("visibilitychange", this.#seen);
    this.#pulse = setInterval(() => this.#feelPulse(), PULSE_MS);
  }

  /** Sends a message; kept for later while the connection is lost. */
  send(/** @type {object} */ message) {
    const text = JSON.stringify(message);
    if (this.#link === "open" && this.#channel?.readyState === "open") {
      this.#channel.send(text);
    } else if (!this.#closed) {
      this.#unsent = [...this.#unsent, text].slice(-KEPT_MESSAGES);
    }
  }

  /** Tries to connect until it is open, gone, or has been tried for long enough. */
  async connect() {
    if (this.#trying || this.#closed) return;
    this.#trying = true;
    const until = performance.now() + GIVE_UP_MS;
    for (;;) {
      const outcome = await this.#attempt();
      if (this.#closed) return;
      if (outcome === "open" || outcome === "gone") {
        if (outcome === "gone") this.#drop();
        this.#set(outcome);
        break;
      }
      const late = performance.now() > until;
      if (outcome === "elsewhere") this.#set(late ? "elsewhere_gave_up" : "elsewhere");
      else this.#set(late ? "gave_up" : "lost");
      if (late) break;
      const pause = RETRY_MS[0] + Math.random() * (RETRY_MS[1] - RETRY_MS[0]);
      await Promise.race([wait(pause), new Promise((go) => (this.#hurry = () => go(null)))]);
      if (this.#closed) return;
    }
    this.#trying = false;
  }

  /** Tries at once, where it is not connected. */
  tryNow = () => {
    if (this.#closed || this.#link === "open" || this.#link === "gone") return;
    this.#hurry();
    this.connect();
  };

  /** Ends it for good on this side. */
  close() {
    this.#closed = true;
    clearInterval(this.#pulse);
    this.#hurry();
    this.#drop();
    removeEventListener("online", this.tryNow);
    document.removeEventListener("visibilitychange", this.#seen);
  }

  #seen = () => {
    if (document.visibilityState === "visible") this.tryNow();
  };

  #set(/** @type {Link} */ link) {
    if (this.#closed || link === this.#link) return;
    this.#link = link;
    if (link === "open") for (const text of this.#unsent.splice(0)) this.#channel?.send(text);
    this.options.onLink(link);
  }

  #drop() {
    const pc = this.#pc;
    this.#pc = null;
    this.#channel = null;
    this.#packets = 0;
    if (!pc) return;
    pc.onconnectionstatechange = null;
    pc.ontrack = null;
    pc.close();
  }

  #renew() {
    if (this.#closed || this.#trying) return;
    this.#drop();
    this.#set("lost");
    this.connect();
  }

  /** @returns {Promise<Outcome>} */
  async #attempt() {
    this.#drop();
    const pc = new RTCPeerConnection();
    this.#pc = pc;
    const { session, microphone, onMessage, onVoice } = this.options;
    const track = microphone?.getAudioTracks().find((t) => t.readyState === "live");
    if (track && microphone) {
      pc.addTransceiver(track, { direction: "sendrecv", streams: [microphone] });
    } else {
      pc.addTransceiver("audio", { direction: "recvonly" });
    }
    pc.ontrack = (event) => onVoice(event.streams[0] ?? new MediaStream([event.track]));
    pc.onconnectionstatechange = () => this.#watch(pc);
    const channel = pc.createDataChannel("events");
    const opened = new Promise((done) => (channel.onopen = () => done(true)));
    channel.onclose = () => pc === this.#pc && this.#renew();
    channel.onmessage = (event) => {
      const message = parse(event.data);
      if (message && pc === this.#pc && !this.#closed) onMessage(message);
    };
    try {
      await pc.setLocalDescription();
      await Promise.race([gathered(pc), wait(GATHER_MS)]);
      if (this.#closed || pc !== this.#pc) return "failed";
      const { status, body } = await sendOffer(session, pc.localDescription?.sdp ?? "");
      if (status === 409) return "elsewhere";
      if (status === 503) this.options.onRefused(body);
      if ([401, 403, 404, 410].includes(status)) return "gone";
      if (status < 200 || status > 299 || typeof body.sdp !== "string") return "failed";
      await pc.setRemoteDescription({ type: "answer", sdp: body.sdp });
      if (!(await Promise.race([opened, wait(OPEN_MS)]))) return "failed";
    } catch {
      return "failed";
    }
    if (pc !== this.#pc) return "failed";
    this.#channel = channel;
    return "open";
  }

  /** Sees a loss sooner than the browser says it: no packet comes any more. */
  async #feelPulse() {
    const pc = this.#pc;
    if (!pc || this.#trying || !isConnected(pc)) return;
    const packets = await received(pc);
    if (pc !== this.#pc || this.#trying) return;
    if (packets > this.#packets) {
      this.#packets = packets;
      this.#packetsAt = performance.now();
      this.#set("open");
    } else if (packets) {
      const quiet = performance.now() - this.#packetsAt;
      if (quiet > PULSELESS_MS) this.#renew();
      else if (quiet > FAINT_MS) this.#set("lost");
    }
  }

  async #watch(/** @type {RTCPeerConnection} */ pc) {
    if (pc !== this.#pc || this.#trying) return;
    if (pc.connectionState === "connected") this.#set("open");
    if (pc.connectionState === "failed" || pc.connectionState === "closed") this.#renew();
    if (pc.connectionState === "disconnected") {
      this.#set("lost");
      await wait(HEAL_MS);
      if (pc === this.#pc && !isConnected(pc)) this.#renew();
    }
  }
}

/** @returns {Record<string, any>|null} */
function parse(/** @type {unknown} */ data) {
  try {
    const message = JSON.parse(String(data));
    return message && typeof message.type === "string" ? message : null;
  } catch {
    return null;
  }
}

const isConnected = (/** @type {RTCPeerConnection} */ pc) => pc.connectionState === "connected";

/** How many packets of sound have come in on this connection. */
async function received(/** @type {RTCPeerConnection} */ pc) {
  let packets = 0;
  for (const report of (await pc.getStats()).values()) {
    if (report.type === "inbound-rtp") packets += report.packetsReceived ?? 0;
  }
  return packets;
}

function gathered(/** @type {RTCPeerConnection} */ pc) {
  return new Promise((done) => {
    const check = () => pc.iceGatheringState === "complete" && done(null);
    pc.addEventListener("icegatheringstatechange", check);
    check();
  });
}
