// Many answers at once: counted, filtered, sorted, and shown a page at a time.

import { byId, element, place, text } from "../shared/page.js";
import { sentence } from "../shared/verdict.js";
import { best, count, share, tone } from "../shared/wording.js";
import { counts, ERRORS, fitting, orders, verdictOf, WAITING } from "./arranging.js";
import { thumbnail } from "./thumbnails.js";

const A_PAGE = 60;

export class Gallery {
  /** @param open called with a picture that the person wants to see in full. */
  constructor(model, open) {
    this.model = model;
    this.open = open;
    this.orders = orders(model.classes);
    this.pictures = [];
    this.tiles = new Map();
    this.wanted = null;
    this.page = 0;
    byId("sort").replaceChildren(...[...this.orders.keys()].map((name) => text("option", name)));
    byId("sort").addEventListener("change", () => this.#turn(0));
    byId("words").addEventListener("input", () => this.#turn(0));
    byId("before").addEventListener("click", () => this.#leaf(-1));
    byId("after").addEventListener("click", () => this.#leaf(+1));
  }

  /** The pictures that fit, over all pages. */
  get shown() {
    const order = this.orders.get(byId("sort").value);
    return fitting(this.pictures, { wanted: this.wanted, words: byId("words").value, order });
  }

  show(pictures) {
    this.pictures = pictures;
    this.#filters();
    const shown = this.shown;
    const pages = Math.max(1, Math.ceil(shown.length / A_PAGE));
    this.page = Math.min(this.page, pages - 1);
    const first = this.page * A_PAGE;
    const some = shown.slice(first, first + A_PAGE);
    place(byId("tiles"), some.map((picture) => this.#tile(picture)));
    for (const picture of some) this.#look(picture);
    byId("no-tiles").hidden = shown.length > 0;
    byId("pager").hidden = pages === 1;
    byId("part").textContent = `${count(first + 1)} to ${count(first + some.length)} of ${count(shown.length)}`;
    byId("before").disabled = this.page === 0;
    byId("after").disabled = this.page === pages - 1;
  }

  clear() {
    this.tiles.clear();
    this.wanted = null;
    this.page = 0;
    byId("words").value = "";
  }

  #leaf(by) {
    this.#turn(this.page + by);
    byId("many").scrollIntoView();
  }

  #turn(page) {
    this.page = page;
    this.show(this.pictures);
  }

  #filters() {
    const found = counts(this.pictures, this.model.classes);
    if (this.wanted !== null && !found.has(this.wanted)) this.wanted = null;
    const all = [[null, this.pictures.length], ...found];
    const shape = all.map(([verdict]) => named(verdict)).join("\0");
    if (shape !== this.shape) {
      this.shape = shape;
      place(byId("filters"), all.map(([verdict]) => this.#filter(verdict)));
    }
    [...byId("filters").children].forEach((button, number) => {
      button.querySelector("b").textContent = count(all[number][1]);
      button.setAttribute("aria-pressed", all[number][0] === this.wanted);
    });
  }

  #filter(verdict) {
    const button = element("button", { type: "button", class: `filter ${tone(verdict, this.model.classes)}` });
    button.append(text("bdi", named(verdict)), " ", element("b"));
    button.addEventListener("click", () => {
      this.wanted = verdict;
      this.#turn(0);
    });
    return button;
  }

  #tile(picture) {
    const known = this.tiles.get(picture);
    const tile = known ?? this.#fresh(picture);
    if (tile.said !== picture.prediction) {
      tile.said = picture.prediction;
      const button = tile.item.firstChild;
      button.className = `tile ${tone(verdictOf(picture), this.model.classes)}`;
      button.lastChild.replaceChildren(...this.#words(picture));
      this.#tellWhy(picture, button.firstChild);
    }
    return tile.item;
  }

  #fresh(picture) {
    const item = element("li");
    const button = element("button", { type: "button", class: "tile neither" });
    const view = element("span", { class: "thumb" });
    const words = element("span", { class: "words" });
    words.append(...this.#words(picture));
    button.append(view, words);
    button.addEventListener("click", () => this.open(picture));
    item.append(button);
    const tile = { item, said: picture.prediction };
    button.className = `tile ${tone(verdictOf(picture), this.model.classes)}`;
    this.tiles.set(picture, tile);
    return tile;
  }

  /** Put the picture into its tile, once that is on the page. */
  async #look(picture) {
    const tile = this.tiles.get(picture);
    if (tile.looked) return;
    tile.looked = true;
    const address = await thumbnail(picture, () => tile.item.isConnected);
    tile.looked = address !== undefined;
    if (!tile.looked) return; // somebody has turned the page; when it comes again, so does this
    const view = tile.item.querySelector(".thumb");
    view.append(address ? element("img", { src: address, alt: "", draggable: "false" }) : element("span", { class: "none" }));
    this.#tellWhy(picture, view);
  }

  /** Say in place of a picture why there is none. */
  #tellWhy({ prediction, url }, view) {
    const none = view.querySelector(".none");
    if (none) none.textContent = prediction?.error?.code.replaceAll("_", " ") ?? (url ? "from an address" : "no preview");
  }

  #words(picture) {
    const { prediction, name } = picture;
    const short = text("bdi", name.slice(name.lastIndexOf("/") + 1) || name);
    short.className = "name";
    short.title = name;
    if (!prediction) return [text("b", "…"), short];
    const said = text("b", prediction.error ? ERRORS.description : prediction.verdict);
    said.title = sentence(prediction, this.model);
    if (prediction.error) return [said, short];
    const number = prediction.probabilities[best(prediction.probabilities, this.model.classes)];
    return [said, text("span", share(number)), short];
  }
}

function named(verdict) {
  if (verdict === null) return "all";
  return verdict === ERRORS || verdict === WAITING ? verdict.description : verdict;
}
