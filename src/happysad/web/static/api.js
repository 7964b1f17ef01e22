// Talking to the server: the way in, reading, and problems as errors.

export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status; // 0: the server could not be reached
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
  const answer = await ask(`${path}?${query}`, {});
  return answer.json();
}

export async function send(path, body) {
  const answer = await ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer.status === 204 ? null : answer.json();
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, { ...options, signal: AbortSignal.timeout(20_000) });
  } catch {
    throw new Problem(0, "The server does not answer. Is happysad still running?");
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Problem(answer.status, problem.detail ?? answer.statusText);
}
