// The two classes: what lies in them, and all the ways in which pictures come in.

import { send } from "../shared/api.js";
import { fromPaste, gather } from "../shared/gather.js";
import { byId, element, Made, place, text } from "../shared/page.js";
import { Recorder } from "./recorder.js";
import { action, nameOf, several, thumbnail } from "./tile.js";

const FEW = 18;

export class Classes {
  constructor(desk) {
    this.desk = desk;
    this.panels = desk.about.classes.map((name, place) => new Panel(desk, name, place, (panel) => (this.latest = panel)));
    this.latest = this.panels[0];
    byId("classes").append(...this.panels.map((panel) => panel.element));
    // What is pasted while no class has the focus goes where the last pictures went.
    document.addEventListener("paste", (event) => {
      if (event.defaultPrevented || event.target.closest?.("input, #ask, #pool")) return;
      this.latest.bring(fromPaste(event.clipboardData));
    });
  }

  show() {
    const { classes, pictures } = this.desk.state;
    classes.forEach((name, place) => this.panels[place].show(name, pictures.filter((one) => (one.label ?? one.home) === name)));
    const free = pictures.length === 0;
    this.panels.forEach((panel) => panel.renamable(free));
  }

  uploading(waiting) {
    const { reading } = this.desk.state;
    if (waiting) byId("reading").textContent = `${several(waiting, "picture")} on the way…`;
    else if (!reading || reading.done >= reading.total) byId("reading").textContent = "";
  }
}

class Panel {
  constructor(desk, name, place, used) {
    this.desk = desk;
    this.name = name;
    this.all = false;
    this.used = used;
    this.kind = ["first", "second"][place];
    this.element = element("section", { class: `panel class ${this.kind}`, tabindex: "-1", "aria-label": name });
    this.title = text("h3", name);
    this.field = element("input", { type: "text", maxlength: "60", "aria-label": `Name of class ${place + 1}`, autocomplete: "off", spellcheck: "false" });
    this.count = element("p", { class: "soft small" });
    this.tiles = element("ul", { class: "tiles" });
    this.made = new Made((picture) => this.#tile(picture));
    this.hint = text("p", "Drop pictures or a folder here");
    this.hint.className = "hint";
    this.more = action("", () => this.#showAll());
    this.#build();
  }

  #build() {
    const files = element("input", { type: "file", multiple: "", accept: "image/*,.avif,.tif,.tiff", hidden: "" });
    const folder = element("input", { type: "file", webkitdirectory: "", hidden: "" });
    const address = element("form", { class: "address" });
    address.append(
      element("input", { type: "text", inputmode: "url", autocomplete: "off", spellcheck: "false", placeholder: "https://… address", "aria-label": `Address of a picture for ${this.name}` }),
      text("button", "Add"),
    );
    const head = element("div", { class: "head" });
    head.append(this.title, this.field, this.count);
    const ways = element("div", { class: "row" });
    this.recorder = new Recorder(this.desk, (pictures, burst) => this.bring(pictures, burst));
    ways.append(action("Choose", () => files.click()), action("Folder", () => folder.click()), this.recorder.button, address);
    this.element.append(head, ways, files, folder, this.recorder.element, this.hint, this.tiles, this.more);
    gather({ found: (pictures) => this.bring(pictures), place: this.element, choosers: [files, folder], address });
    this.field.addEventListener("change", () => this.#rename());
  }

  /** Take pictures that somebody brought. */
  bring(pictures, burst = "") {
    if (!pictures.length) return;
    this.used(this);
    this.desk.say(`${several(pictures.length, "picture")} for ${this.name}.`);
    this.desk.uploads.add(pictures, this.name, burst);
    this.desk.refresh();
  }

  show(name, pictures) {
    this.name = name;
    this.title.textContent = name;
    if (document.activeElement !== this.field) this.field.value = name;
    this.element.setAttribute("aria-label", name);
    this.pictures = pictures;
    const used = pictures.filter((one) => one.label === name).length;
    const aside = pictures.length - used;
    this.count.textContent = pictures.length ? several(used, "picture") + (aside ? `, ${aside} left out` : "") : "Nothing here yet";
    this.hint.hidden = pictures.length > 0;
    this.#tiles();
  }

  renamable(free) {
    this.title.hidden = free;
    this.field.hidden = !free;
  }

  #tiles() {
    const shown = this.all ? this.pictures : this.pictures.slice(-FEW);
    place(this.tiles, this.made.of(shown));
    this.more.hidden = this.pictures.length <= FEW;
    this.more.textContent = this.all ? "Show fewer" : `Show all ${this.pictures.length}`;
  }

  #tile(picture) {
    const item = element("li", { class: picture.label === null ? "aside" : "" });
    const words = nameOf(picture.file);
    item.append(thumbnail(picture, words));
    const set = (choice, done) => () => this.desk.decide([{ picture: picture.id, choice, suggested: "" }], `${words} ${done}.`);
    if (picture.decision === "drop" || picture.decision === "relabel")
      item.append(action("↩", set(null, "is used again"), { label: `Undo for ${words}`, kind: "corner shown" }));
    else if (picture.label !== null)
      item.append(action("✕", set("drop", "is set aside"), { label: `Set ${words} aside`, kind: "corner" }));
    return item;
  }

  #showAll() {
    this.all = !this.all;
    this.#tiles();
  }

  #rename() {
    const others = this.desk.state.classes.filter((name) => name !== this.name);
    const wanted = this.field.value.trim();
    if (!wanted || wanted === this.name) return;
    this.desk.attempt(async () => {
      await send("/api/teach/classes", { names: [wanted, ...others] });
      this.name = wanted;
      await this.desk.refresh();
    });
  }
}
