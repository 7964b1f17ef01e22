// Pictures on their way into the workspace: a few at a time, sent again where the server is busy.

import { post, Problem, send } from "../shared/api.js";

const LANES = 3;
const TRIES = 5;
const WITHIN = 60_000;
const MOST_TOLD = 3;

export class Uploads {
  /** @param told called with { waiting, refused } whenever that changes; refused are sentences. */
  constructor(told) {
    this.told = told;
    this.queue = [];
    this.busy = 0;
    this.refused = [];
  }

  get waiting() {
    return this.queue.length + this.busy;
  }

  /** @param pictures { name, blob } or { name, url } @param label class; empty for the pool.
   *  @param burst name that frames of one burst share. */
  add(pictures, label, burst = "") {
    if (!this.waiting) this.refused = [];
    this.queue.push(...pictures.map((picture) => ({ ...picture, label, burst, tries: 0 })));
    while (this.busy < LANES && this.queue.length) this.#lane();
    this.#tell();
  }

  async #lane() {
    this.busy += 1;
    while (this.queue.length) {
      await this.#send(this.queue.shift());
      this.#tell();
    }
    this.busy -= 1;
    this.#tell();
  }

  async #send(picture) {
    try {
      await put(picture);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      const again = [0, 408, 429, 503].includes(problem.status) && ++picture.tries < TRIES;
      if (!again) return this.refused.push(`${picture.name}: ${problem.message}`);
      await new Promise((done) => setTimeout(done, 1000 * (problem.retryAfter ?? picture.tries / 2)));
      this.queue.push(picture);
    }
  }

  #tell() {
    const more = this.refused.length - MOST_TOLD;
    const refused = this.refused.slice(0, MOST_TOLD);
    if (more > 0) refused.push(`And ${more} more.`);
    this.told({ waiting: this.waiting, refused });
  }
}

function put({ name, blob, url, label, burst }) {
  if (url) return send("/api/teach/addresses", { url, label });
  const query = new URLSearchParams({ name: name.slice(-1000), label, burst });
  return post(`/api/teach/pictures?${query}`, blob, { type: "application/octet-stream", within: WITHIN });
}
