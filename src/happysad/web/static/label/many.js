// Many pictures at once: choose those that show the same, then one key answers them all.

import { byId, element } from "../shared/page.js";
import { askFor } from "./deck.js";

const SHOWN = 20;
const MORE_COME = 1000; // while the pool is still being read

export class Many {
  constructor(desk) {
    this.desk = desk;
    this.cards = [];
    this.chosen = new Set();
    this.complete = false;
    this.growing = null;
  }

  start() {
    this.cards = [];
    this.chosen.clear();
    this.show();
  }

  /** Fill the grid up; the pictures that are in it stay where they are. */
  async show() {
    if (!this.cards.length) this.#draw();
    await this.#fill();
    this.#draw();
  }

  /** Ask for what is missing; return whether anything has come. */
  async #fill() {
    const before = this.cards.length;
    try {
      const { cards, complete } = await askFor(this.desk.person, SHOWN - before || 1, this.#held());
      const known = new Set(this.#held());
      const fresh = cards.filter((card) => !known.has(card.picture));
      this.cards.push(...fresh.slice(0, SHOWN - this.cards.length));
      this.complete = complete;
    } catch (problem) {
      this.desk.tell(problem.message);
    }
    clearTimeout(this.growing);
    const more = !this.complete && this.cards.length < SHOWN && !byId("many").hidden;
    if (more) this.growing = setTimeout(() => this.#grow(), MORE_COME);
    return this.cards.length !== before;
  }

  /** Show more pictures while the pool is being read; what has the focus keeps it. */
  async #grow() {
    if ((await this.#fill()) || this.complete) this.#draw();
  }

  answer(answer) {
    const chosen = this.cards.filter((card) => this.chosen.has(card.picture));
    if (!chosen.length) {
      this.desk.say("Choose pictures first.");
      return null;
    }
    const entry = chosen.map((card) => ({ card, id: this.desk.label(card, answer).id }));
    this.cards = this.cards.filter((card) => !this.chosen.has(card.picture));
    this.chosen.clear();
    this.#draw();
    this.show().then(() => byId("grid").querySelector("button")?.focus());
    return entry;
  }

  putBack(cards) {
    this.cards.unshift(...cards);
    this.#draw();
  }

  remove(pictures) {
    this.cards = this.cards.filter((card) => !pictures.has(card.picture));
  }

  chooseAll(all) {
    this.chosen = new Set(all ? this.#pictures() : []);
    this.#draw();
    this.desk.say(`${this.chosen.size} pictures chosen.`);
  }

  #held() {
    return [...this.#pictures(), ...this.desk.outbox.pictures];
  }

  #pictures() {
    return this.cards.map((card) => card.picture);
  }

  #draw() {
    byId("grid").replaceChildren(...this.cards.map((card, place) => this.#tile(card, place)));
    byId("grid-empty").hidden = this.cards.length > 0;
    byId("grid-empty").textContent = this.complete ? "Every picture has an answer." : "Reading pictures…";
  }

  #tile(card, place) {
    const image = element("img", { src: `/thumbnails/${card.picture}`, alt: `Picture ${place + 1}: ${this.desk.caption(card)}` });
    const button = element("button", { type: "button", "aria-pressed": this.chosen.has(card.picture) });
    if (this.desk.guessShown(card)) button.title = this.desk.guessOf(card);
    button.append(image);
    button.addEventListener("click", () => {
      const chosen = !this.chosen.delete(card.picture);
      if (chosen) this.chosen.add(card.picture);
      button.setAttribute("aria-pressed", chosen);
    });
    const item = element("li");
    item.append(button);
    return item;
  }
}
