// Answers on their way to the disk. They are kept in the browser until the server says that it has
// them, also over a reload, and sent in order. Sending one twice is harmless: its id is made here.

import { freshId, Problem, send } from "../shared/api.js";

const REFUSED = [409, 404, 422, 413];
const MY_TAB = "happysad:tab";

export class Outbox {
  /** @param pool id of the pool; @param told called with the number of answers not yet saved,
   *  and with a problem where there is one. */
  constructor(pool, told) {
    this.prefix = `happysad:outbox:${pool}:`;
    this.told = told;
    this.numbers = new Map(); // id → number that the server gave it
    this.waiting = this.#left();
    this.busy = false;
    this.pause = 0;
    this.#keep();
    this.#work();
  }

  /** Put a label, or an undo that names the id it takes back as `undoes`, in line. */
  add(label) {
    this.waiting.push(label);
    this.#keep();
    this.#work();
  }

  /** Say that the server already has a label, from before a reload. */
  know(id, number) {
    this.numbers.set(id, number);
  }

  /** The pictures whose answers are not saved yet. */
  get pictures() {
    return this.waiting.filter((label) => label.kind === "answer").map((label) => label.picture);
  }

  async #work() {
    if (this.busy) return;
    this.busy = true;
    while (this.waiting.length) {
      const { undoes, ...label } = this.waiting[0];
      if (undoes) label.expects = this.numbers.get(undoes) ?? label.expects;
      try {
        const { number } = await send("/api/labels", label);
        this.numbers.set(label.id, number);
        for (const next of this.waiting) if (next.undoes === label.id) next.expects = number;
        this.#done();
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        if (REFUSED.includes(problem.status)) this.#done(problem);
        else if (problem.status === 401 || problem.status === 403) {
          this.told(this.waiting.length, problem);
          break; // nothing will change until the page is opened anew; the answers are kept
        } else await this.#later(problem);
      }
    }
    this.busy = false;
  }

  #done(problem) {
    this.pause = 0;
    this.waiting.shift();
    this.#keep(problem);
  }

  async #later(problem) {
    this.told(this.waiting.length, problem);
    this.pause = Math.min(5000, 2 * this.pause || 250);
    await new Promise((resolve) => setTimeout(resolve, this.pause));
  }

  #keep(problem) {
    if (this.waiting.length) localStorage.setItem(this.key, JSON.stringify(this.waiting));
    else localStorage.removeItem(this.key);
    this.told(this.waiting.length, problem);
  }

  /** Take over what this tab, or one that was closed, had not sent. */
  #left() {
    let tab = sessionStorage.getItem(MY_TAB);
    if (!tab) sessionStorage.setItem(MY_TAB, (tab = freshId()));
    this.key = this.prefix + tab;
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    const left = keys.flatMap((key) => JSON.parse(localStorage.getItem(key)));
    keys.forEach((key) => localStorage.removeItem(key));
    return left;
  }
}
