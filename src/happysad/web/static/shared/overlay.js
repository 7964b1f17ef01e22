// A picture, and over it the faces that were found and what in the scene spoke for which class.

import { element, text } from "./page.js";
import { best, share, tone } from "./wording.js";

const FEW = 6; // with more faces than this, small ones go without their reading
const WIDE = 0.08;

export class Overlay {
  /** @param media the picture: an <img>, <canvas> or <video>.
   *  @param mirrored show it as in a mirror, as people expect of a camera. */
  constructor(media, { mirrored = false } = {}) {
    this.media = media;
    this.mirrored = mirrored;
    this.faces = element("div", { class: "faces", "aria-hidden": "true" });
    this.map = element("img", { class: "map", alt: "", hidden: "" });
    this.element = element("div", { class: mirrored ? "overlay mirrored" : "overlay" });
    this.element.append(media, this.map, this.faces);
    for (const event of ["load", "loadedmetadata", "resize"]) media.addEventListener(event, () => this.#fit());
    this.#fit();
  }

  /** Show the faces of a prediction.
   *  @param map address of the scene map, or null. */
  show(prediction, classes, map = null) {
    const faces = prediction?.faces ?? [];
    // The best found come last, so that nothing covers them.
    const boxes = faces.map((face) => this.#box(face, classes, faces.length <= FEW)).reverse();
    this.faces.replaceChildren(...boxes);
    if (map) this.map.src = map;
    else this.map.removeAttribute("src");
  }

  /** Choose what lies over the picture. */
  choose({ faces, map }) {
    this.faces.hidden = !faces;
    this.map.hidden = !map || !this.map.src;
    this.element.classList.toggle("mapped", !this.map.hidden);
  }

  #box(face, classes, few) {
    const [left, top, right, bottom] = face.box.map((side) => Math.min(1, Math.max(0, side)));
    const label = best(face.probabilities, classes);
    const box = element("div", { class: `face ${tone(label, classes)}` });
    // Set as properties: the page's policy forbids style in markup.
    box.style.left = percent(this.mirrored ? 1 - right : left);
    box.style.top = percent(top);
    box.style.width = percent(right - left);
    box.style.height = percent(bottom - top);
    if (top < 0.06) box.classList.add("at-top");
    if ((this.mirrored ? left : 1 - right) < 0.12) box.classList.add("at-right");
    if (few || right - left >= WIDE) box.append(text("span", `${label} ${share(face.probabilities[label])}`));
    return box;
  }

  #fit() {
    const { media } = this;
    const width = media.naturalWidth || media.videoWidth || media.width;
    const height = media.naturalHeight || media.videoHeight || media.height;
    if (width && height) {
      this.element.style.setProperty("--aspect", width / height);
      this.element.style.setProperty("--natural", `${width}px`);
    }
  }
}

function percent(part) {
  return `${(100 * part).toFixed(3)}%`;
}
