// The next pictures, loaded and decoded before they are asked for.

import { read } from "../shared/api.js";

const AHEAD = 8;
const MOST_HELD = 48;
const LOOK_AGAIN = 10_000; // others may hand pictures back, or answer some that take two people
const MORE_COME = 1000; // while the pool is still being read

export class Deck {
  /** @param desk see label.js. @param changed called when pictures have arrived, or there are no more. */
  constructor(desk, changed) {
    this.desk = desk;
    this.person = desk.person;
    this.changed = changed;
    this.cards = [];
    this.over = false;
    this.problem = null;
    this.filling = false;
    this.stopped = false; // true once another deck has taken its place
  }

  get current() {
    return this.cards[0] ?? null;
  }

  /** Take the current picture away. */
  advance() {
    const card = this.cards.shift();
    this.fill();
    return card;
  }

  /** Put a picture in front again, after an undo. */
  putBack(card) {
    this.cards.unshift(withImage(card));
    this.over = false;
  }

  /** Take the pictures away that other views have answered. */
  remove(pictures) {
    this.cards = this.cards.filter((card) => !pictures.has(card.picture));
    this.fill();
  }

  async fill(again = false) {
    if (this.filling || (this.over && !again) || this.cards.length >= AHEAD) return;
    this.filling = true;
    try {
      const { cards, complete } = await askFor(this.person, AHEAD, [...this.#held()]);
      this.over = complete && cards.length === 0;
      const known = new Set([...this.#held(), ...this.desk.answered]); // some since it was asked
      const fresh = cards.filter((card) => !known.has(card.picture));
      this.cards.push(...fresh.map(withImage));
      if (this.over) this.#later(LOOK_AGAIN, true);
      else if (!fresh.length || (!complete && this.cards.length < AHEAD)) this.#later(MORE_COME);
      this.problem = null;
    } catch (problem) {
      this.problem = problem;
      this.#later(2000);
    }
    this.filling = false;
    if (!this.stopped) this.changed();
  }

  #later(pause, again = false) {
    setTimeout(() => this.stopped || this.fill(again), pause);
  }

  /** What is in hand, or answered without the server knowing yet. */
  #held() {
    return new Set([...this.cards.map((card) => card.picture), ...this.desk.outbox.pictures]);
  }
}

/** Ask for pictures; `complete` tells whether the pool has been read to its end. */
export function askFor(person, count, held) {
  return read("/api/next", { person, count, held: held.slice(0, MOST_HELD).join(",") });
}

function withImage(card) {
  const image = new Image();
  image.alt = "The picture to answer";
  image.decoding = "sync";
  image.src = `/pictures/${card.picture}`;
  const shown = { ...card, image, broken: false };
  image.decode().catch(() => (shown.broken = true)); // the stage says so when it comes up
  return shown;
}
