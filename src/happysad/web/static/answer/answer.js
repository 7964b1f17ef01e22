// The page that answers: what people bring goes to the model, and what comes back is shown.

import { enter, Problem, read } from "../shared/api.js";
import { Asking } from "../shared/asking.js";
import { Detail } from "../shared/detail.js";
import { gather } from "../shared/gather.js";
import { Live } from "../shared/live.js";
import { byId } from "../shared/page.js";
import { sentence } from "../shared/verdict.js";
import { count, scored } from "../shared/wording.js";
import { counts } from "./arranging.js";
import { CloseUp } from "./close-up.js";
import { Gallery } from "./gallery.js";
import { asCsv, asJson, save } from "./tables.js";
import { forget } from "./thumbnails.js";

const OFTEN = 150; // ms between two looks of the gallery while answers come in

class Page {
  constructor(model) {
    this.model = { ...model, explains: model.kind === "two-view" };
    this.pictures = [];
    this.drawing = null;
    this.asking = new Asking(this.model.explains, () => this.#answered(), () => this.#draw());
    this.one = new Detail(byId("one"), this.model);
    this.closeUp = new CloseUp(this.model, () => this.gallery.shown);
    this.gallery = new Gallery(this.model, (picture) => this.closeUp.open(picture));
    this.live = new Live(this.model, (picture) => this.bring([picture]), say);
    this.#buttons();
  }

  /** Take pictures that somebody brought. */
  bring(found) {
    tell("");
    if (!found.length) return tell(`There was no picture in that${byId("address") ? ", and no address: those begin with http:// or https://" : ""}.`);
    const fresh = found.map((picture, place) => ({ ...picture, number: this.pictures.length + place }));
    if (!this.pictures.length && fresh.length === 1) fresh[0].explain = true;
    this.pictures.push(...fresh);
    this.asking.add(fresh);
  }

  clear() {
    this.asking.clear(this.pictures);
    this.pictures.forEach(forget);
    this.pictures = [];
    this.gallery.clear();
    this.#draw();
    byId("choose").focus();
  }

  #buttons() {
    byId("choose").addEventListener("click", () => byId("files").click());
    byId("choose-folder").addEventListener("click", () => byId("folder").click());
    byId("stop").addEventListener("click", () => this.asking.stop());
    byId("go-on").addEventListener("click", () => this.asking.goOn());
    byId("clear").addEventListener("click", () => this.clear());
    const predictions = () => this.pictures.map((picture) => picture.prediction).filter(Boolean);
    byId("csv").addEventListener("click", () => save(asCsv(predictions()), "answers.csv", "text/csv;charset=utf-8"));
    byId("json").addEventListener("click", () => save(asJson(predictions(), this.model), "answers.json", "application/json"));
  }

  #answered() {
    const { pictures } = this;
    const done = pictures.every((picture) => picture.prediction);
    if (done && pictures.length === 1) say(sentence(pictures[0].prediction, this.model));
    else if (done) say(`All are answered: ${this.#tally()}.`);
    this.#draw();
  }

  /** Return e.g. "22 happy, 3 unsure". */
  #tally() {
    const found = counts(this.pictures, this.model.classes);
    return [...found].map(([verdict, number]) => `${count(number)} ${verdict.description ?? verdict}`).join(", ");
  }

  /** Draw soon: answers come in faster than people look. */
  #draw() {
    this.drawing ??= setTimeout(() => {
      this.drawing = null;
      this.#drawNow();
    }, OFTEN);
    if (this.pictures.length < 2) this.#drawNow();
  }

  #drawNow() {
    const { length } = this.pictures;
    document.body.classList.toggle("some", length > 0);
    byId("bar").hidden = length === 0;
    byId("one").hidden = length !== 1;
    byId("many").hidden = length < 2;
    if (length === 1) this.one.show(this.pictures[0]);
    if (length > 1) this.gallery.show(this.pictures);
    this.closeUp.refresh();
    this.#progress();
  }

  #progress() {
    const { asking, pictures } = this;
    const done = pictures.filter((picture) => picture.prediction).length;
    const left = pictures.length - done;
    byId("going").hidden = asking.stopped || !left;
    byId("go-on").hidden = !asking.stopped || !left;
    byId("progress").value = done / Math.max(1, pictures.length);
    byId("csv").disabled = byId("json").disabled = !done;
    const all = pictures.length === 1 ? "" : `${count(done)} of ${count(pictures.length)} answered`;
    const why = asking.trouble ? ` ${asking.trouble.message}` : "";
    if (!left) byId("progress-words").textContent = all;
    else if (asking.stopped) byId("progress-words").textContent = `Stopped: ${all || "not answered"}.${why}`;
    else if (asking.trouble) byId("progress-words").textContent = `${all || "Waiting"}. It goes on by itself.${why}`;
    else byId("progress-words").textContent = all || "Looking…";
  }
}

function say(words) {
  byId("said").textContent = words;
}

function tell(words) {
  byId("trouble").textContent = words;
  byId("trouble").hidden = !words;
}

function introduce(model) {
  const { name, classes, scores, baseline, notes } = model;
  const asked = classes.length === 2 ? `${classes[0]} or ${classes[1]}?` : "What does it show?";
  byId("question").textContent = asked[0].toUpperCase() + asked.slice(1);
  const right = scores?.accuracy ? `: right on ${scored(scores.accuracy)}` : "";
  const guess = right && baseline ? `; guessing ${baseline.value.toFixed(3)}` : "";
  byId("model").textContent = `${name}${right}${guess}`;
  byId("notes").textContent = notes;
}

/** Return the model; a server that is just starting is waited for. */
async function meet() {
  for (;;) {
    try {
      const model = await read("/v1/model");
      tell("");
      return model;
    } catch (problem) {
      if (!(problem instanceof Problem) || ![0, 503].includes(problem.status)) throw problem;
      tell(problem.message);
      await new Promise((done) => setTimeout(done, 1000 * (problem.retryAfter ?? 1)));
    }
  }
}

async function start() {
  try {
    await enter();
    const model = await meet();
    introduce(model);
    const page = new Page(model);
    const address = byId("address"); // not where no server can fetch
    gather({
      found: (pictures) => page.bring(address ? pictures : pictures.filter(({ blob }) => blob)),
      choosers: [byId("files"), byId("folder")],
      address,
    });
    document.body.dataset.ready = "true";
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    tell(problem.message);
  }
}

start();
