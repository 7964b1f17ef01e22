// Many pictures at once: choose those that show the same, then one key answers them all.

import { byId, element, place } from "../shared/page.js";
import { askFor } from "./deck.js";

const SHOWN = 20;
const MORE_COME = 1000; // while the pool is still being read

export class Many {
  constructor(desk) {
    this.desk = desk;
    this.cards = [];
    this.tiles = new Map(); // picture → element
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
    if (before >= SHOWN) return false;
    const { person } = this.desk;
    try {
      const { cards, complete } = await askFor(person, SHOWN - before, this.#held());
      if (person !== this.desk.person) return false; // these are not for who is here now
      const known = new Set([...this.#held(), ...this.desk.answered]); // some since it was asked
      const fresh = cards.filter((card) => !known.has(card.picture));
      this.cards.push(...fresh.slice(0, Math.max(0, SHOWN - this.cards.length)));
      this.complete = complete;
    } catch (problem) {
      this.desk.tell(problem.message);
    }
    clearTimeout(this.growing);
    const more = !this.complete && this.cards.length < SHOWN && !byId("many").hidden;
    if (more) this.growing = setTimeout(() => this.#grow(), MORE_COME);
    return this.cards.length !== before;
  }

  /** Show more pictures while the pool is being read. */
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
    this.show().then(() => {
      // The focus went with the pictures that were answered; elsewhere it is meant to be there.
      if (document.activeElement === document.body) byId("grid").querySelector("button")?.focus();
    });
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
    this.tiles = new Map(this.cards.map((card, number) => [card.picture, this.#tile(card, number)]));
    place(byId("grid"), [...this.tiles.values()]);
    byId("grid-empty").hidden = this.cards.length > 0;
    byId("grid-empty").textContent = this.complete ? "Every picture has an answer." : "Reading pictures…";
  }

  #tile(card, number) {
    const item = this.tiles.get(card.picture) ?? this.#fresh(card);
    const button = item.firstChild;
    button.setAttribute("aria-pressed", this.chosen.has(card.picture));
    button.title = this.desk.guessShown(card) ? this.desk.guessOf(card) : "";
    button.firstChild.alt = `Picture ${number + 1}: ${this.desk.caption(card)}`;
    return item;
  }

  #fresh({ picture }) {
    const button = element("button", { type: "button" });
    button.append(element("img", { src: `/thumbnails/${picture}` }));
    button.addEventListener("click", () => {
      const chosen = !this.chosen.delete(picture);
      if (chosen) this.chosen.add(picture);
      button.setAttribute("aria-pressed", chosen);
    });
    const item = element("li");
    item.append(button);
    return item;
  }
}
