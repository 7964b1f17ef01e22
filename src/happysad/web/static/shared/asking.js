// Pictures on their way to the model: a few calls at a time, several pictures a call; asked again
// where the server is busy; stopped when the person says so.

import { post, Problem } from "./api.js";

const LANES = 2;
const AT_ONCE = 8;
const BYTES_AT_ONCE = 8 * 1024 * 1024;
const WITHIN = 120_000;
const TRIES = 4;
const GONE = { code: "vanished", message: "The file cannot be read any more. Was it moved or changed?" };

/** Ask about pictures in one call; return the server's predictions in the same order. Names of
 *  files stay in the page: the answers do not hang on them. */
export async function askFor(pictures, { explain = false, signal = null } = {}) {
  const form = new FormData();
  for (const { blob, url } of pictures) url ? form.append("url", url) : form.append("file", blob, "picture");
  const path = `/v1/predict${explain ? "?explain=true" : ""}`;
  const { predictions } = await post(path, form, { signal, within: WITHIN });
  return predictions;
}

export class Asking {
  /** @param explains whether the model can: a picture from elsewhere is shown in its explanation.
   *  @param answered called with pictures that have got a prediction or an error.
   *  @param told called when anything changed that a person wants to know. */
  constructor(explains, answered, told) {
    this.explains = explains;
    this.answered = answered;
    this.told = told;
    this.waiting = [];
    this.busy = 0; // pictures that are being asked about
    this.stopped = false;
    this.trouble = null; // the problem for which it pauses or has stopped
    this.lanes = 0;
    this.end = new AbortController();
  }

  add(pictures) {
    this.waiting.push(...pictures);
    this.goOn();
  }

  /** Stop; what is not answered yet stays in line. */
  stop(trouble = null) {
    this.stopped = true;
    this.trouble = trouble;
    this.end.abort();
    this.told();
  }

  goOn() {
    if (this.stopped) this.end = new AbortController();
    this.stopped = false;
    this.trouble = null;
    while (this.lanes < LANES && this.waiting.length) this.#lane();
    this.told();
  }

  /** Stop, and forget these pictures and all that is in line. */
  clear(pictures) {
    pictures.forEach((picture) => (picture.forgotten = true));
    this.waiting = [];
    this.stop();
  }

  async #lane() {
    this.lanes += 1;
    const { signal } = this.end;
    while (this.waiting.length && !signal.aborted) await this.#call(this.#take(), signal);
    this.lanes -= 1;
    if (signal.aborted && !this.stopped) this.goOn(); // gone on before all had stopped
    else this.told();
  }

  /** Take what fits into one call; an address goes alone, since its host may be slow. */
  #take() {
    const batch = [this.waiting.shift()];
    let bytes = batch[0].blob?.size;
    const alone = (picture) => picture.url || picture.alone || picture.explain;
    const fits = (next) => next && !alone(next) && (bytes += next.blob.size) <= BYTES_AT_ONCE;
    if (!alone(batch[0]))
      while (batch.length < AT_ONCE && fits(this.waiting[0])) batch.push(this.waiting.shift());
    return batch;
  }

  async #call(batch, signal) {
    this.busy += batch.length;
    this.told();
    try {
      const explain = this.explains && (batch[0].explain || Boolean(batch[0].url)); // those go alone
      const predictions = await askFor(batch, { explain, signal });
      batch.forEach((picture, place) => settle(picture, predictions[place]));
      this.trouble = null;
      this.answered(batch);
    } catch (problem) {
      if (!signal.aborted && !(problem instanceof Problem)) throw problem;
      if (signal.aborted) this.#putBack(batch);
      else await this.#failed(batch, problem, signal);
    } finally {
      this.busy -= batch.length;
    }
  }

  async #failed(batch, problem, signal) {
    if (problem.status === 401 || problem.status === 403) {
      this.#putBack(batch);
      return this.stop(problem);
    }
    if (problem.status === 429 || problem.status === 503 || problem.status === 0) return this.#later(batch, problem, signal);
    if (batch.length > 1) {
      // One of them is to blame, and the others shall not go without an answer.
      batch.forEach((picture) => (picture.alone = true));
      return this.#putBack(batch);
    }
    refuse(batch[0], { code: `http_${problem.status}`, message: problem.message });
    this.answered(batch);
  }

  async #later(batch, problem, signal) {
    const readable = await Promise.all(batch.map(canBeRead));
    const gone = batch.filter((_, place) => !readable[place]);
    gone.forEach((picture) => refuse(picture, GONE));
    if (gone.length) this.answered(gone);
    const left = batch.filter((_, place) => readable[place]);
    const announced = problem.retryAfter !== null; // a server that says when does not give up
    if (!announced && !gone.length) left.forEach((picture) => (picture.tries = (picture.tries ?? 0) + 1));
    this.#putBack(left);
    if (left.some((picture) => picture.tries >= TRIES)) {
      left.forEach((picture) => (picture.tries = 0));
      return this.stop(problem);
    }
    this.trouble = problem;
    this.told();
    await pause(1000 * (problem.retryAfter ?? 2 ** (left[0]?.tries ?? 0) / 4), signal);
  }

  #putBack(batch) {
    this.waiting.unshift(...batch.filter((picture) => !picture.forgotten));
  }
}

/** Note an answer of the server on a picture; the name is the one that the person knows. */
export function settle(picture, { explanation, ...prediction }) {
  picture.prediction = { ...prediction, source: picture.name };
  if (explanation) picture.explanation = explanation;
}

function refuse(picture, error) {
  const none = { label: null, verdict: null, probabilities: {}, faces: [], views: null };
  picture.prediction = { source: picture.name, ...none, off_topic: null, seen_in_training: null, error };
}

async function canBeRead({ blob }) {
  if (!blob) return true;
  return blob.slice(0, 1).arrayBuffer().then(() => true, () => false);
}

/** Wait, or until the person says stop. */
function pause(milliseconds, signal) {
  return new Promise((done) => {
    setTimeout(done, milliseconds);
    signal.addEventListener("abort", done, { once: true });
  });
}
