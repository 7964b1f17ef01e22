// How good the model is: a score that never stands alone, and where it was most wrong.

import { post } from "../shared/api.js";
import { drawCurve } from "../shared/curve.js";
import { byId, element, text } from "../shared/page.js";
import { scored, share } from "../shared/wording.js";
import { row } from "./findings.js";
import { drawStrengths, legend } from "./strengths.js";
import { action, nameOf, several } from "./tile.js";

const WITHIN = 660_000; // npm may take ten minutes to get what runs models

export class Result {
  constructor(desk) {
    this.desk = desk;
    byId("web-page").addEventListener("click", () => this.#makePage());
  }

  show({ trainings, newest }) {
    byId("result").hidden = !newest;
    if (!newest) return;
    const now = JSON.stringify([trainings, newest]);
    if (now === this.drawn) return;
    this.drawn = now;
    this.#score(newest);
    this.#known(newest);
    this.#links(newest);
    byId("confusion").replaceChildren(confusion(newest));
    byId("curve").replaceChildren(...(newest.curves.length ? [drawStrengths(newest.curves), legend()] : []));
    byId("history-part").hidden = trainings.length < 2;
    byId("history").replaceChildren(drawCurve(trainings, "pictures"));
    this.#mistakes(newest);
  }

  #score({ accuracy, baseline, rounds, unsure, pictures }) {
    const right = Math.round(accuracy.value * accuracy.n);
    byId("score").textContent = `Right on ${right} of ${several(accuracy.n, "picture")}`;
    byId("interval").replaceChildren(interval(accuracy, baseline));
    const way = rounds
      ? `In ${rounds} rounds each picture was answered once, by a model that had learned from others only.`
      : `These were kept apart; the model learned from the rest of ${pictures}.`;
    const abstained = unsure ? ` On ${unsure} of them it would rather say “unsure”.` : "";
    byId("score-words").textContent = `${meaning(accuracy, baseline)} ${way}${abstained}`;
  }

  /** Say where the score is too good: the model that this one builds on has met some pictures. */
  #known({ known, fresh, accuracy }) {
    byId("known").hidden = !known;
    if (!known) return;
    const others = fresh ? ` On the ${fresh.n} others: ${scored(fresh)}.` : "";
    byId("known").textContent = `The model that this one builds on had learned from copies of ${known} of these ${accuracy.n} pictures, so the score is too good.${others}`;
  }

  #links({ name, bytes }) {
    const at = `/api/teach/runs/${encodeURIComponent(name)}`;
    if (at !== this.at) byId("web-words").textContent = "";
    this.at = at;
    byId("download").href = `${at}/model.happysad`;
    byId("download").textContent = `Download the model (${(bytes / 1e6).toFixed(0)} MB)`;
    byId("report").href = `${at}/report`;
    byId("table").href = `${at}/pictures.csv`;
  }

  /** Have a folder written that answers in the visitor's own browser. */
  async #makePage() {
    byId("web-page").disabled = true;
    byId("web-words").textContent = "Writing the page…";
    const done = await this.desk.attempt(() => post(`${this.at}/web`, "{}", { type: "application/json", within: WITHIN }));
    byId("web-words").textContent = done ? `It lies in ${done.folder}; any web server can show it, and it answers without sending pictures anywhere.` : "";
    byId("web-page").disabled = false;
  }

  #mistakes({ mistakes, mistakes_in_all: all }) {
    byId("mistakes-part").hidden = !all;
    byId("mistakes-words").textContent = all ? `${several(all, "wrong answer")}, the surest first. Is it the model that is wrong, or the label?` : "";
    byId("mistakes").replaceChildren(...mistakes.map((one) => this.#mistake(one)));
  }

  #mistake({ id, file, label, predicted, probability, decision }) {
    const words = nameOf(file);
    const item = row({ id, file }, words, `Labelled ${label}; the model said ${predicted}, ${share(probability)}.`);
    const actions = item.querySelector(".actions");
    const decide = (choice, suggested, done) => () => this.desk.decide([{ picture: id, choice, suggested }], `${words} ${done}.`);
    if (!id) return item;
    if (decision === "drop" || decision === "relabel")
      actions.append(action("Undo", decide(null, "", "is as it was"), { label: `Undo for ${words}` }));
    else
      actions.append(
        action(`It is ${predicted}`, decide("relabel", predicted, `now counts as ${predicted}`), { label: `${words} is ${predicted}` }),
        action("Set aside", decide("drop", "", "is set aside"), { label: `Set ${words} aside` }),
      );
    return item;
  }
}

/** Return the score as a dot on its interval, with the baseline as a line. */
function interval({ value, low, high, n }, baseline) {
  const words = `accuracy ${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}], n = ${n}; always the majority ${baseline.value.toFixed(3)}`;
  const whole = element("div", { class: "interval" });
  const track = element("div", { class: "track", role: "img", "aria-label": words });
  const band = element("div", { class: "band" });
  band.style.left = `${100 * low}%`;
  band.style.right = `${100 * (1 - high)}%`;
  const dot = element("div", { class: "dot" });
  dot.style.left = `${100 * value}%`;
  const line = element("div", { class: "baseline" });
  line.style.left = `${100 * baseline.value}%`;
  track.append(band, line, dot);
  whole.append(track, text("p", `accuracy ${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}], n = ${n}`), text("p", `always the majority: ${baseline.value.toFixed(3)}`));
  return whole;
}

function meaning({ low, high, n }, baseline) {
  if (low > baseline.value) return n < 60 ? "That is better than always saying the same, but the test is small." : "That is better than always saying the same.";
  if (high < baseline.value) return "That is worse than always saying the same.";
  return "It may be no better than always saying the same: more pictures would tell.";
}

function confusion({ classes, confusion: counts }) {
  const table = element("table");
  const head = element("tr");
  head.append(element("td"), ...classes.map((name) => column(`answered ${name}`)));
  const rows = counts.map((line, place) => {
    const tr = element("tr");
    tr.append(side(`is ${classes[place]}`), ...line.map((number, other) => cell(number, place === other)));
    return tr;
  });
  table.append(head, ...rows);
  return table;
}

function column(words) {
  const made = text("th", words);
  made.scope = "col";
  return made;
}

function side(words) {
  const made = text("th", words);
  made.scope = "row";
  return made;
}

function cell(number, right) {
  const made = text("td", number);
  made.className = right ? "right" : "wrong";
  return made;
}
