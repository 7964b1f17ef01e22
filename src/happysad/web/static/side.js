// How far it is: counts, agreement, and what the model can do by now.

import { read } from "./api.js";
import { drawCurve, sentence } from "./curve.js";
import { byId, element, text } from "./page.js";

const OFTEN = 4000;

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
    this.#learning(status);
  }

  #learning({ curve, learner }) {
    const now = JSON.stringify([curve, learner]);
    if (now === this.drawn) return;
    this.drawn = now;
    byId("curve").replaceChildren(...(learner.state === "none" && !curve.length ? [] : [drawCurve(curve)]));
    byId("lesson").textContent = sentence(curve, learner, this.desk.pool.review);
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
