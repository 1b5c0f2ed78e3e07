/** @file Asks for the microphone, and says how loud it is, on this machine alone. */

/** @typedef {"refused"|"none"|"insecure"} Absent why there is no microphone */

const FLOOR_DBFS = -58;
const CEILING_DBFS = -18;
const SMOOTHING = 0.25;

/**
 * Asks for the microphone. The level and hums matter, so nothing but the echo is taken out.
 * @returns {Promise<{stream: MediaStream|null, absent: Absent|null}>}
 */
export async function askMicrophone() {
  if (!navigator.mediaDevices?.getUserMedia) return { stream: null, absent: "insecure" };
  try {
    const audio = { echoCancellation: true, noiseSuppression: false, autoGainControl: false };
    return { stream: await navigator.mediaDevices.getUserMedia({ audio }), absent: null };
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    const none = ["NotFoundError", "NotReadableError", "OverconstrainedError"].includes(name);
    return { stream: null, absent: none ? "none" : "refused" };
  }
}

/** Lets the microphone go. */
export function releaseMicrophone(/** @type {MediaStream|null} */ stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Follows the level of a stream, 0 (quiet) to 1 (loud). */
export class Level {
  /** @type {AudioContext|null} */
  #context = null;
  /** @type {AnalyserNode|null} */
  #analyser = null;
  #samples = new Float32Array(1024);
  #smooth = 0;

  /** Begins to follow; needs a tap before it, as every sound in a browser does. */
  follow(/** @type {MediaStream} */ stream) {
    this.stop();
    try {
      this.#context = new AudioContext();
      this.#analyser = this.#context.createAnalyser();
      this.#analyser.fftSize = this.#samples.length;
      this.#context.createMediaStreamSource(stream).connect(this.#analyser);
    } catch {
      this.stop(); // the ring then stays still; the voice does not depend on it
    }
  }

  /** The level now, smoothed. */
  now() {
    if (!this.#analyser) return 0;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    const dbfs = 10 * Math.log10(sum / this.#samples.length + 1e-12);
    const level = (dbfs - FLOOR_DBFS) / (CEILING_DBFS - FLOOR_DBFS);
    this.#smooth += SMOOTHING * (Math.min(1, Math.max(0, level)) - this.#smooth);
    return this.#smooth;
  }

  /** Stops following. */
  stop() {
    this.#context?.close().catch(() => {});
    this.#context = null;
    this.#analyser = null;
    this.#smooth = 0;
  }
}
