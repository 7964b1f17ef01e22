// Talking to the server: the way in, reading, sending, and problems as errors.

const USUAL = 20_000;

export class Problem extends Error {
  constructor(status, detail, retryAfter = null) {
    super(detail);
    this.status = status; // 0: the server could not be reached
    this.retryAfter = retryAfter; // seconds after which to ask again, where the server says so
  }
}

/** Trade the token of the printed link for a cookie, and take it out of the address. */
export async function enter() {
  const token = decodeURIComponent(location.hash.slice(1));
  if (!token) return;
  await send("/session", { token });
  history.replaceState(null, "", location.pathname);
}

export async function read(path, parameters = {}) {
  const query = new URLSearchParams(parameters);
  return ask(`${path}?${query}`, {});
}

export async function send(path, body) {
  return post(path, JSON.stringify(body), { type: "application/json" });
}

/** Send what is no JSON: a form, or the bytes of a file.
 *  @param type content type; a form brings its own.
 *  @param signal ends the call early: it throws what AbortSignal throws.
 *  @param within milliseconds. */
export async function post(path, body, { type = null, signal = null, within = USUAL } = {}) {
  const headers = type ? { "Content-Type": type } : {};
  return ask(path, { method: "POST", headers, body }, { signal, within });
}

/** Return an id that nothing else has: 128 random bits; works without TLS, where crypto.randomUUID does not exist. */
export function freshId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Return the answer's document, null where there is none; a break halfway is no answer, too. */
async function ask(path, options, { signal = null, within = USUAL } = {}) {
  const late = AbortSignal.timeout(within);
  let answer;
  try {
    answer = await fetch(path, { ...options, signal: signal ? AbortSignal.any([signal, late]) : late });
    if (answer.ok) return answer.status === 204 ? null : await answer.json();
  } catch (trouble) {
    if (signal?.aborted) throw trouble;
    throw new Problem(0, "The server does not answer. Is happysad still running?");
  }
  const problem = await answer.json().catch(() => ({}));
  const seconds = Number.parseFloat(answer.headers.get("Retry-After"));
  throw new Problem(answer.status, problem.detail ?? answer.statusText, Number.isNaN(seconds) ? null : seconds);
}
