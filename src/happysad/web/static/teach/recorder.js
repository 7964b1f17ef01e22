// The camera of a class: single pictures, or a burst whose frames belong together.

import { freshId } from "../shared/api.js";
import { element } from "../shared/page.js";
import { Webcam } from "../shared/webcam.js";
import { action } from "./tile.js";

const SIDE = 640;
const EVERY = 200;
const FRAMES = 15;

let inUse = null; // one camera at a time

export class Recorder {
  /** @param brought called with pictures, and with the name that the frames of a burst share. */
  constructor(desk, brought) {
    this.desk = desk;
    this.brought = brought;
    this.button = action("Camera", () => (this.element.hidden ? this.#on() : this.#off()));
    this.button.setAttribute("aria-expanded", "false");
    this.video = element("video", { playsinline: "", "aria-label": "What the camera sees" });
    this.video.muted = true;
    this.webcam = new Webcam(this.video, () => this.#off());
    this.words = element("p", { class: "soft small", role: "status" });
    this.single = action("Take one", () => this.#single());
    this.burst = action(`Burst of ${FRAMES}`, () => this.#burst(), { kind: "main" });
    const row = element("div", { class: "row" });
    row.append(this.burst, this.single, action("Turn off", () => this.#off()));
    this.element = element("div", { class: "recorder", hidden: "" });
    this.element.append(this.video, row, this.words);
  }

  async #on() {
    inUse?.stop();
    inUse = this;
    this.#shown(true);
    this.words.textContent = "The camera is starting…";
    try {
      await this.webcam.start();
    } catch (problem) {
      this.words.textContent = problem.message;
      return;
    }
    if (!this.webcam.running) return;
    this.words.textContent = "Move a little during a burst. Its frames stay together, so that none is tested on what its neighbour taught.";
    this.single.disabled = this.burst.disabled = false;
  }

  stop() {
    this.#off();
  }

  #off() {
    this.webcam.stop();
    this.#shown(false);
    if (inUse === this) inUse = null;
  }

  #shown(on) {
    this.element.hidden = !on;
    this.button.setAttribute("aria-expanded", on);
    this.single.disabled = this.burst.disabled = true;
  }

  async #single() {
    this.brought([{ name: `camera ${stamp()}.jpg`, blob: await this.webcam.still() }], "");
  }

  async #burst() {
    this.burst.disabled = true;
    const burst = freshId();
    const name = stamp();
    let taken = 0;
    for await (const blob of this.webcam.frames({ every: EVERY, side: SIDE })) {
      taken += 1;
      this.brought([{ name: `burst ${name} ${String(taken).padStart(2, "0")}.jpg`, blob }], burst);
      this.words.textContent = `${taken} of ${FRAMES} frames`;
      if (taken === FRAMES) break;
    }
    this.burst.disabled = !this.webcam.running;
  }
}

function stamp() {
  return new Date().toTimeString().slice(0, 8).replaceAll(":", ".");
}
