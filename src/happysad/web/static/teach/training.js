// Training: what it is at, how it goes, and how good the model is.

import { read, send } from "../shared/api.js";
import { byId } from "../shared/page.js";
import { Result } from "./result.js";
import { drawStrengths, legend } from "./strengths.js";
import { several } from "./tile.js";

const LEAST = 3; // pictures of each class, one for each part of the split
// What a step is called, and which part of the whole it is.
const STEPS = [
  [/reading pictures in two views/, () => "Reading scenes and faces", 0.1, 0.5],
  [/reading pictures/, () => "Looking at the files", 0, 0.1],
  [/fold (\d+) of (\d+)/, ([, round, all]) => `Round ${round} of ${all}`, 0.5, 0.7],
  [/learning/, () => "Learning", 0.7, 0.75],
  [/report/, () => "Writing the report", 0.75, 0.95],
  [/doubting/, () => "Looking for wrong labels", 0.95, 1],
];

export class Training {
  /** @param renewed called when there is another model. */
  constructor(desk, renewed) {
    this.desk = desk;
    this.renewed = renewed;
    this.result = new Result(desk);
    this.status = { state: "idle", finished: 0 };
    this.trained = -1;
    this.starting = false;
    byId("train").addEventListener("click", () => this.#start());
    byId("cancel").addEventListener("click", () => this.desk.attempt(() => send("/api/teach/training/cancel", {})));
  }

  get running() {
    return this.status.state === "running";
  }

  /** Show what there is of former trainings. */
  async show() {
    this.result.show(await read("/api/teach/results"));
    const { trained } = this.desk.state;
    if (trained !== this.trained && trained > 0) this.renewed();
    this.trained = trained;
  }

  async refresh() {
    const before = this.status;
    const status = await read("/api/teach/training");
    if (before !== this.status) return; // one was begun since this was asked
    this.status = status;
    this.#buttons();
    if (before.state === "running" && !this.running) this.#ended();
    if (this.running) this.#progress();
    byId("going").hidden = !this.running;
  }

  async #start() {
    byId("train").disabled = this.starting = true;
    await this.desk.attempt(async () => {
      this.status = await send("/api/teach/training", {});
      this.desk.say("Training has begun.");
    });
    this.starting = false;
    await this.desk.refresh();
    if (this.running) byId("cancel").focus();
  }

  #ended() {
    const { state, error, seconds } = this.status;
    if (state === "failed") this.desk.tell(error);
    const words = { done: `Trained in ${seconds.toFixed(0)} s.`, cancelled: "Cancelled.", failed: "Training failed." }[state];
    byId("train-words").textContent = words;
    if (document.activeElement === byId("cancel") || document.activeElement === document.body) byId("train").focus();
    this.desk.refresh();
  }

  #buttons() {
    const { classes, pictures, reading } = this.desk.state;
    const used = classes.map((name) => pictures.filter((one) => one.label === name).length);
    const short = classes.filter((_, place) => used[place] < LEAST);
    byId("train").hidden = this.running;
    byId("cancel").hidden = !this.running;
    byId("train").disabled = this.starting || short.length > 0 || !reading || reading.done < reading.total;
    byId("train").textContent = this.trained > 0 ? "Train again" : "Train";
    if (this.running || ["done", "failed", "cancelled"].includes(this.status.state)) return this.#reading(reading);
    const few = used.some((number) => number < 20) ? " About 20 of each make a score that says something." : "";
    byId("train-words").textContent = short.length ? `At least ${LEAST} pictures of each class are needed.` : `${several(used[0] + used[1], "picture")}.${few}`;
    this.#reading(reading);
  }

  #reading(reading) {
    if (this.desk.uploads.waiting || !reading) return;
    const going = reading.done < reading.total;
    const words = going ? `Looking at ${reading.done} of ${several(reading.total, "file")}…` : "";
    if (byId("reading").textContent !== words) byId("reading").textContent = words;
  }

  #progress() {
    const { step, done, total, curves } = this.status;
    const [pattern, say, from, to] = STEPS.find(([known]) => known.test(step)) ?? [/^/, () => "Getting ready", 0, 0];
    const found = step.match(pattern);
    const [round, rounds] = found.length > 2 ? [Number(found[1]) - 1, Number(found[2])] : [0, 1];
    const number = total > 9 ? `: ${done} of ${total}` : "";
    byId("train-words").textContent = `${say(found)}${number}…`;
    byId("progress").value = from + ((to - from) * (round + (total ? done / total : 0))) / rounds;
    byId("live-curve").replaceChildren(...(curves.length ? [drawStrengths(curves), legend()] : []));
  }
}
