// One picture at a time.

import { byId, text } from "../shared/page.js";
import { Deck } from "./deck.js";

export class One {
  /** @param desk what all views share: see label.js. */
  constructor(desk) {
    this.desk = desk;
    this.pressed = null; // when the key went down whose picture is to be painted
    this.start();
  }

  /** Begin with nothing in hand, for a new person. */
  start() {
    if (this.deck) this.deck.stopped = true;
    this.deck = new Deck(this.desk, () => this.show());
    this.deck.fill();
    this.shown = undefined;
    this.show();
  }

  answer(answer, pressed) {
    const card = this.deck.current;
    if (!card) return null;
    const label = this.desk.label(card, answer);
    this.deck.advance();
    this.pressed = pressed;
    this.show();
    return [{ card, id: label.id }];
  }

  putBack(cards) {
    cards.forEach((card) => this.deck.putBack(card));
    this.show();
  }

  remove(pictures) {
    this.deck.remove(pictures);
    this.show();
  }

  show() {
    const { deck } = this;
    const card = deck.current;
    byId("stage").hidden = !card && deck.over;
    byId("empty").hidden = Boolean(card) || !deck.over;
    if (card) this.#put(card);
    else if (deck.over) byId("empty").replaceChildren(...this.#farewell());
    else byId("frame").replaceChildren(text("p", deck.problem?.message ?? "Reading pictures…"));
    this.#guess(card);
    if (card) return;
    this.shown = undefined;
    byId("caption").textContent = "";
  }

  #put(card) {
    byId("caption").textContent = this.desk.caption(card);
    if (this.shown === card) return;
    this.shown = card;
    const gone = text("p", "This picture cannot be shown. Skip it.");
    card.image.onerror = () => this.shown === card && byId("frame").replaceChildren(gone);
    byId("frame").replaceChildren(card.broken ? gone : card.image);
    if (this.pressed !== null) measurePaint(this.pressed);
    this.pressed = null;
  }

  #guess(card) {
    const shown = Boolean(card) && this.desk.guessShown(card);
    byId("guess").hidden = !shown;
    if (shown) byId("guess").textContent = `the model's guess: ${this.desk.guessOf(card)}`;
  }

  #farewell() {
    const done = text("b", "Every picture has an answer.");
    const next = "Stop happysad with Ctrl-C, then write the labels out: happysad label POOL --export FOLDER";
    return [done, text("span", next)];
  }
}

/** Note how long it took from a key press until the next picture was painted. */
function measurePaint(start) {
  requestAnimationFrame(() => {
    // A message that is sent in a frame arrives after that frame was painted.
    const channel = new MessageChannel();
    channel.port1.onmessage = () =>
      performance.measure("happysad:answer-to-paint", { start, end: performance.now() });
    channel.port2.postMessage(null);
  });
}
