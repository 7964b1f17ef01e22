// How far it is: counts, agreement, and what the model can do by now.

import { read } from "../shared/api.js";
import { drawCurve } from "../shared/curve.js";
import { byId, element, text } from "../shared/page.js";

const OFTEN = 4000;
const SOON = 1000;

export class Side {
  constructor(desk) {
    this.desk = desk;
    this.drawn = "";
    this.looks = 0;
    this.shown = 0; // number of the latest look that is on the page
    setInterval(() => document.visibilityState === "visible" && this.refresh(), OFTEN);
    this.refresh();
  }

  async refresh() {
    const look = ++this.looks;
    let status;
    try {
      status = await read("/api/status", { person: this.desk.person });
    } catch {
      return; // the next look comes soon; answers on their way say what is wrong
    }
    if (look < this.shown) return; // overtaken by a later one
    this.shown = look;
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
    byId("lesson").textContent = lesson(curve, learner, review);
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

/** Say the last point of the curve, or what stands in its way, in words. */
function lesson(points, learner, review) {
  const last = points.at(-1);
  if (learner.state === "failed") return `The model stopped: ${learner.trouble}`;
  if (review) return doubting(learner);
  if (learner.state === "none") return "No model is at work. Pictures come in random order.";
  if (learner.state === "reading") return "The model begins when all pictures are read. Until then they come in random order.";
  if (learner.state === "preparing") return `The model is looking at the pictures first (${Math.round(100 * learner.prepared)}%). Until then they come in random order.`;
  const busy = learner.state === "learning" ? " It is learning again just now." : "";
  if (!last) return `Not enough labels yet: it learns after every ${learner.every} answers.${busy}`;
  if (last.accuracy === null) return `Not enough labels yet to say how good it is. It is judged on pictures that come by lot, one in five: ${last.n} so far.${busy}`;
  const band = `[${last.low.toFixed(2)}, ${last.high.toFixed(2)}]`;
  const right = Math.round(last.accuracy * last.n);
  return `Right on ${right} of ${last.n} pictures that came by lot, one in five: ${last.accuracy.toFixed(2)} ${band}. It had not learned from them when it was judged.${busy}`;
}

function doubting({ state, every }) {
  const words = ["These are the pictures whose label is in doubt, the most doubtful first."];
  if (state !== "none") words.push(`After every ${every} answers the model, having learned from them, ranks the doubts anew.`);
  if (state === "learning") words.push("It is doing so just now.");
  return words.join(" ");
}
