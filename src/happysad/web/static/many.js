// Many pictures at once: choose those that show the same, then one key answers them all.

import { askFor } from "./deck.js";
import { byId, element } from "./page.js";

const SHOWN = 20;

export class Many {
  constructor(desk) {
    this.desk = desk;
    this.cards = [];
    this.chosen = new Set();
  }

  start() {
    this.cards = [];
    this.chosen.clear();
    this.show();
  }

  /** Fill the grid up; the pictures that are in it stay where they are. */
  async show() {
    try {
      const found = await askFor(this.desk.person, SHOWN - this.cards.length || 1, this.#held());
      const known = new Set(this.#held());
      const fresh = found.filter((card) => !known.has(card.picture));
      this.cards.push(...fresh.slice(0, SHOWN - this.cards.length));
    } catch (problem) {
      this.desk.tell(problem.message);
    }
    this.#draw();
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
    byId("grid-empty").textContent = "Every picture has an answer.";
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
