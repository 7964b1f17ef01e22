// The camera on the page: what it sees, answered live, and pictures taken from it.

import { post, Problem } from "./api.js";
import { Overlay } from "./overlay.js";
import { byId, element } from "./page.js";
import { sentence, verdict } from "./verdict.js";
import { Webcam } from "./webcam.js";

const EVERY = 200; // ms from one answer to the next at least
const SIDE = 640; // pixels are enough to look at; the model sees fewer

export class Live {
  /** @param taken called with a picture that the person took.
   *  @param say tells people who do not see the page. */
  constructor(model, taken, say) {
    this.model = model;
    this.taken = taken;
    this.say = say;
    this.said = null;
    const video = element("video", { playsinline: "", "aria-label": "What the camera sees" });
    video.muted = true;
    this.overlay = new Overlay(video, { mirrored: true });
    byId("camera-view").append(this.overlay.element);
    this.webcam = new Webcam(video, () => this.#off("The camera has gone away."));
    byId("use-camera").addEventListener("click", () => (byId("camera").hidden ? this.#on() : this.#off()));
    byId("camera-off").addEventListener("click", () => this.#off());
    byId("take").addEventListener("click", () => this.#take());
    byId("live").addEventListener("change", () => this.#answer());
    if (!model.explains) byId("live-map").parentElement.hidden = true;
  }

  async #on() {
    this.#shown(true);
    this.#tell("The camera is starting…");
    try {
      await this.webcam.start();
    } catch (problem) {
      return this.#tell(problem.message);
    }
    if (!this.webcam.running) return;
    this.#tell("");
    byId("take").disabled = false;
    byId("take").focus();
    this.#answer();
  }

  #off(words = "") {
    this.webcam.stop();
    this.#shown(false);
    byId("use-camera").focus();
    if (words) this.say(words);
  }

  #shown(on) {
    byId("camera").hidden = !on;
    byId("use-camera").setAttribute("aria-expanded", on);
    byId("take").disabled = true;
    this.overlay.show(null, this.model.classes);
    byId("camera-answer").replaceChildren();
    this.said = null;
  }

  async #take() {
    const blob = await this.webcam.still();
    const time = new Date().toTimeString().slice(0, 8).replaceAll(":", ".");
    this.taken({ name: `camera ${time}.jpg`, blob });
  }

  /** Answer one picture after the other, for as long as the camera is on and it is wanted. */
  async #answer() {
    if (this.answering || !byId("live").checked) return;
    this.answering = true;
    for await (const picture of this.webcam.frames({ every: EVERY, side: SIDE })) {
      if (!byId("live").checked) break;
      if (document.visibilityState === "visible") await this.#ask(picture);
    }
    this.answering = false;
    if (this.webcam.running) this.overlay.show(null, this.model.classes);
    if (this.webcam.running) byId("camera-answer").replaceChildren();
  }

  async #ask(picture) {
    const map = byId("live-map").checked && this.model.explains;
    try {
      const found = await post(`/v1/predict?name=camera.jpg&explain=${map}`, picture, { type: "image/jpeg" });
      if (this.webcam.running) this.#show(found.predictions[0], map);
      this.#tell("");
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#tell(problem.message);
      await new Promise((done) => setTimeout(done, 1000 * (problem.retryAfter ?? 1)));
    }
  }

  #show(prediction, map) {
    byId("camera-answer").replaceChildren(verdict(prediction, this.model));
    this.overlay.show(prediction, this.model.classes, prediction.explanation?.map ?? null);
    this.overlay.choose({ faces: true, map });
    if (prediction.verdict === this.said) return;
    this.said = prediction.verdict; // said once, not with every picture
    this.say(sentence(prediction, this.model));
  }

  #tell(words) {
    byId("camera-words").hidden = !words;
    byId("camera-words").textContent = words;
  }
}
