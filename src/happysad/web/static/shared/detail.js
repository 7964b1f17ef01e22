// One picture in full: the picture itself with what was found in it, and the answer beside it.

import { Problem } from "./api.js";
import { askFor } from "./asking.js";
import { Overlay } from "./overlay.js";
import { element, text } from "./page.js";
import { verdict } from "./verdict.js";

// What a person chose to see stays chosen from picture to picture.
const chosen = { faces: true, map: false };

export class Detail {
  /** @param place element to fill. @param model as GET /v1/model says. */
  constructor(place, model) {
    this.place = place;
    this.model = model;
    this.picture = null;
    place.classList.add("detail");
  }

  /** Show a picture, or again one whose answer has come. */
  show(picture) {
    const again = picture === this.picture && this.shown === picture.prediction;
    if (again) return;
    // The picture stays while its answer comes: it is not loaded anew.
    if (picture !== this.picture || !this.overlay) this.overlay = overlayOf(picture);
    this.picture = picture;
    this.shown = picture.prediction;
    const answer = element("div", { class: "answer" });
    const name = element("p", { class: "name soft small" });
    name.append(text("bdi", picture.name));
    answer.append(picture.prediction ? verdict(picture.prediction, this.model) : text("p", "Waiting for its answer…"));
    if (this.#explains) answer.append(this.#switches());
    answer.append(name);
    this.place.replaceChildren(this.overlay?.element ?? blank(picture), answer);
    if (picture.prediction) this.#lay();
    if (this.#explainable && picture.url && picture.explanation === undefined) this.#explain();
  }

  get #explainable() {
    const { prediction } = this.picture;
    return prediction && !prediction.error && prediction.views;
  }

  get #explains() {
    return this.#explainable && this.overlay;
  }

  #switches() {
    const row = element("div", { class: "row switches" });
    row.append(this.#switch("faces", "Faces"), this.#switch("map", "Scene map"));
    this.legend = element("p", { class: "legend soft small" });
    const [first, second] = this.model.classes;
    this.legend.append("What in the scene spoke for ", toned(first, "first"), " and for ", toned(second, "second"), ".");
    row.append(this.legend);
    return row;
  }

  #switch(what, words) {
    const label = element("label", { class: "switch" });
    const box = element("input", { type: "checkbox", "data-shows": what });
    box.checked = chosen[what];
    box.addEventListener("change", () => {
      chosen[what] = box.checked;
      this.#lay();
    });
    label.append(box, ` ${words}`);
    return label;
  }

  #lay() {
    const { picture, overlay } = this;
    if (!overlay) return;
    overlay.show(picture.prediction, this.model.classes, picture.explanation?.map ?? null);
    overlay.choose(chosen);
    if (!this.#explains) return;
    this.legend.hidden = !chosen.map;
    if (chosen.map && picture.explanation === undefined) this.#explain();
  }

  /** Ask for the scene map, which costs more than an answer and is not asked for before. */
  async #explain() {
    const { picture } = this;
    picture.explanation = null; // asked for
    try {
      const [prediction] = await askFor([picture], { explain: true });
      picture.explanation = prediction.explanation ?? null;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      picture.explanation = undefined; // may be asked for again
      if (picture === this.picture && this.#explains) this.legend.textContent = `No scene map: ${problem.message}`;
      return;
    }
    if (picture !== this.picture) return;
    if (this.overlay) return this.#lay();
    this.shown = null; // a picture from elsewhere comes with its explanation
    this.show(picture);
  }
}

/** Return the picture with room for what lies over it; null where there is nothing to show. */
function overlayOf(picture) {
  const address = addressOf(picture);
  if (!address || picture.unshowable) return null;
  const image = element("img", { alt: "The picture", src: address, draggable: "false" });
  const overlay = new Overlay(image);
  image.addEventListener("error", () => {
    picture.unshowable = true;
    overlay.element.replaceWith(blank(picture));
  });
  return overlay;
}

function addressOf(picture) {
  if (picture.url) return picture.explanation?.picture ?? null;
  picture.address ??= URL.createObjectURL(picture.blob);
  return picture.address;
}

function blank({ url }) {
  const reason = url ? "The picture lies elsewhere; this page loads nothing from there." : "The browser cannot show this file.";
  const box = element("div", { class: "blank soft" });
  box.append(text("p", reason));
  return box;
}

function toned(name, kind) {
  const words = text("bdi", name);
  words.className = `tone ${kind}`;
  return words;
}
