/** @file The HTTP calls of the page; the token travels in a header only. */

/** @typedef {{id: string, token: string, microphone: boolean}} Session */
/** @typedef {{id: string, name: string, about?: string, call?: string, text?: string, emergency?: boolean}} HelpLine */
/** @typedef {{country: string, name: string, source: string, checked: string, lines: HelpLine[], countries: {code: string, name: string}[]}} Resources */
/** @typedef {{status: number, body: Record<string, any>}} Reply a status of 0: no answer at all */

const PATIENCE_MS = 8000;

/** Random for each load of the page: tells a reload from a second window. */
export const page = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
  byte.toString(16).padStart(2, "0"),
).join("");

/** @returns {Promise<Reply>} */
async function call(
  /** @type {string} */ method,
  /** @type {string} */ path,
  /** @type {{token?: string, body?: object, keepalive?: boolean}} */ options = {},
) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (options.token) headers.Authorization = `Bearer ${options.token}`;
  if (options.body) headers["Content-Type"] = "application/json";
  const stopper = new AbortController();
  const timer = options.keepalive ? 0 : setTimeout(() => stopper.abort(), PATIENCE_MS);
  try {
    const response = await fetch(path, {
      method,
      headers,
      body: options.body ? JSON.stringify(options.body) : undefined,
      keepalive: options.keepalive ?? false,
      cache: "no-store",
      signal: stopper.signal,
    });
    const body = await response.json().catch(() => ({}));
    return { status: response.status, body };
  } catch {
    return { status: 0, body: {} };
  } finally {
    clearTimeout(timer);
  }
}

const at = (/** @type {Session} */ session) => `/api/sessions/${encodeURIComponent(session.id)}`;

/** Begins: 201 with `id` and `token`, or 503 with a sentence and resources. */
export const createSession = (
  /** @type {{mode: string, microphone: boolean, country?: string}} */ body,
) => call("POST", "/api/sessions", { body });

/** How it stands with a stored session. */
export const readSession = (/** @type {Session} */ session) =>
  call("GET", at(session), { token: session.token });

/** Sends a whole offer and brings back the answer. */
export const sendOffer = (/** @type {Session} */ session, /** @type {string} */ sdp) =>
  call("POST", `${at(session)}/offer`, {
    token: session.token,
    body: { sdp, type: "offer", page },
  });

/** Says that this page is going; it may come back. */
export const sayAway = (/** @type {Session} */ session) =>
  call("POST", `${at(session)}/away`, { token: session.token, body: { page }, keepalive: true });

/** Ends it and deletes what was kept. */
export const deleteSession = (/** @type {Session} */ session) =>
  call("DELETE", at(session), { token: session.token, keepalive: true });

/** The numbers of a country; without one, of the service's own. */
export const readResources = (/** @type {string} */ country) =>
  call("GET", `/api/resources${country ? `?country=${encodeURIComponent(country)}` : ""}`);
