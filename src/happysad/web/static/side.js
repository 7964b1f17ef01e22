// How far it is: counts, agreement, and what the model can do by now.

import { read } from "./api.js";
import { drawCurve, sentence } from "./curve.js";
import { byId, element, text } from "./page.js";

const OFTEN = 4000;
const SOON = 1000;

export class Side {
  constructor(desk) {
    this.desk = desk;
    this.drawn = "";
    setInterval(() => document.visibilityState === "visible" && this.refresh(), OFTEN);
    this.refresh();
  }

  async refresh() {
    let status;
    try {
      status = await read("/api/status", { person: this.desk.person });
    } catch {
      return; // the next look comes soon; answers on their way say what is wrong
    }
    byId("answered").textContent = status.answered;
    byId("groups").textContent = status.groups;
    byId("progress").value = status.answered / Math.max(1, status.groups);
    byId("counts").replaceChildren(...Object.entries(status.counts).map(count));
    byId("agreement").textContent = agreement(status);
    byId("dispute-count").textContent = status.disagreements || "";
    this.#reading(status.reading);
    this.#learning(status);
  }

  #reading({ done, total, complete, trouble, left_out }) {
    const words = [];
    if (!complete) words.push(`Still reading: ${done.toLocaleString("en")} of ${total.toLocaleString("en")} files.`);
    if (trouble) words.push(`Reading ended early: ${trouble}`);
    if (complete && left_out) words.push(left_out === 1 ? "One file cannot be read as a picture." : `${left_out.toLocaleString("en")} files cannot be read as pictures.`);
    byId("reading").textContent = words.join(" ");
    byId("reading").hidden = !words.length;
    byId("read").hidden = complete;
    byId("read").value = done / Math.max(1, total);
    clearTimeout(this.again);
    // As long as pictures come in, the numbers beside them move.
    if (!complete) this.again = setTimeout(() => this.refresh(), SOON);
  }

  #learning({ curve, learner }) {
    const now = JSON.stringify([curve, learner]);
    if (now === this.drawn) return;
    this.drawn = now;
    const { review } = this.desk.pool;
    const none = !curve.length && (review || learner.state === "none");
    byId("curve").replaceChildren(...(none ? [] : [drawCurve(curve)]));
    byId("lesson").textContent = sentence(curve, learner, review);
  }
}

function count([answer, number]) {
  const item = element("li");
  item.append(text("b", number), ` ${answer === "unsure" ? "neither" : answer}`);
  return item;
}

function agreement({ agreement: { same, seen } }) {
  if (!seen) return "Nobody has answered a picture that somebody else has answered too.";
  const pictures = seen === 1 ? "the one picture" : `${seen} pictures`;
  return `The same answer on ${same} of ${pictures} that two or more people answered.`;
}
