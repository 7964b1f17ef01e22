// What the model said of one picture, in words and as a bar. Everything is text, never markup.

import { element, text } from "./page.js";
import { scale } from "./scale.js";
import { best, scored, share, tone } from "./wording.js";

/** Return an element that says one prediction.
 *  @param prediction the fields of one line of "happysad predict --jsonl".
 *  @param model { classes, unsure_below, scores }, as GET /v1/model says; scores may be empty. */
export function verdict(prediction, model) {
  const whole = element("div", { class: "verdict" });
  if (prediction.error) whole.append(...refusal(prediction.error));
  else whole.append(...answer(prediction, model), ...remarks(prediction));
  return whole;
}

/** Return one line for people who do not see the page. */
export function sentence(prediction, model) {
  if (prediction.error) return `No answer: ${prediction.error.message}`;
  const label = best(prediction.probabilities, model.classes);
  const number = share(prediction.probabilities[label]);
  return prediction.verdict === label ? `${label}, ${number}` : `${prediction.verdict}, perhaps ${label}, ${number}`;
}

function answer(prediction, model) {
  const { probabilities } = prediction;
  const label = best(probabilities, model.classes);
  const sure = prediction.verdict === label;
  const said = text("p", prediction.verdict);
  said.className = `said ${tone(prediction.verdict, model.classes)}`;
  const meaning = element("p", { class: "meaning" });
  meaning.append(sure ? outOf100(probabilities[label], label) : abstention(prediction, label, model));
  const parts = [said, meaning, scale(probabilities, model)];
  if (!sure) parts.push(...record(model));
  return prediction.views ? [...parts, views(prediction)] : parts;
}

/** Say what a calibrated probability means. */
function outOf100(probability, label) {
  const number = Math.round(100 * probability);
  return `Of 100 pictures with this answer, ${number === 100 ? "almost all" : `about ${number}`} are ${label}.`;
}

function abstention(prediction, label, model) {
  const number = prediction.probabilities[label];
  if (number >= model.unsure_below) {
    const chance = prediction.off_topic === null ? "" : ` (${share(prediction.off_topic)})`;
    const last = model.classes.at(-1);
    const names = [...model.classes.slice(0, -1).join(", "), ` nor ${last}`].join("");
    return `Probably neither ${names}${chance}: words, a chart or an object.`;
  }
  return `Perhaps ${label}, ${share(number)}. The model answers only from ${model.unsure_below.toFixed(2)} on.`;
}

/** Say what being unsure buys: how often the model is right where it is not. */
function record({ scores = {} }) {
  const { answered, accuracy_answered: right } = scores;
  if (!answered || !right) return [];
  const words = `Where it is less sure it would be wrong too often. Of pictures it had not seen it answered a share of ${scored(answered)}; of its answers ${scored(right)}, were right.`;
  const details = element("details");
  details.append(text("summary", "Why unsure?"), text("p", words));
  return [details];
}

function views({ views: found, faces }) {
  const whole = element("div", { class: "views" });
  const split = element("div", { class: "split", "aria-hidden": "true" });
  const scene = element("div", { class: "scene" });
  scene.style.width = `${100 * found.scene_share}%`;
  split.append(scene);
  const percent = Math.round(100 * found.scene_share);
  const counted = faces.length
    ? `The scene counted ${percent}%, the faces ${100 - percent}%.`
    : "No face was found: the scene alone counted.";
  whole.append(text("p", `${found.sentence}.`), split, text("p", counted));
  return whole;
}

function remarks({ seen_in_training: copy }) {
  if (!copy) return [];
  const note = element("p", { class: "note" });
  note.append("The model learned from a copy of this picture, ", text("bdi", copy), ": its answer says little about others.");
  return [note];
}

function refusal({ code, message }) {
  const said = text("p", "no answer");
  said.className = "said neither";
  const reason = text("p", message);
  reason.className = "note";
  reason.append(" ", text("code", code));
  return [said, reason];
}
