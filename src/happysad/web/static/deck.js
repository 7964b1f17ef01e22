// The next pictures, loaded and decoded before they are asked for.

import { read } from "./api.js";

const AHEAD = 8;
const MOST_HELD = 48;
const LOOK_AGAIN = 10_000; // others may hand pictures back, or answer some that take two people

export class Deck {
  /** @param pending gives the pictures whose answers are on their way to the server.
   *  @param changed called when pictures have arrived, or there are no more. */
  constructor(person, pending, changed) {
    this.person = person;
    this.pending = pending;
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
      const found = await askFor(this.person, AHEAD, [...this.#held()]);
      this.over = found.length === 0;
      if (this.over && !this.stopped) setTimeout(() => this.fill(true), LOOK_AGAIN);
      const known = this.#held();
      for (const card of found) if (!known.has(card.picture)) this.cards.push(withImage(card));
      this.problem = null;
    } catch (problem) {
      this.problem = problem;
      setTimeout(() => this.fill(), 2000);
    }
    this.filling = false;
    if (!this.stopped) this.changed();
  }

  /** What is in hand, or answered without the server knowing yet. */
  #held() {
    return new Set([...this.cards.map((card) => card.picture), ...this.pending()]);
  }
}

export async function askFor(person, count, held) {
  const { cards } = await read("/api/next", { person, count, held: held.slice(0, MOST_HELD).join(",") });
  return cards;
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
