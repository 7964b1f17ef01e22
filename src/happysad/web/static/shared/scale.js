// A probability as a bar. Of two classes, one end each, and between them where the model stays
// unsure; of more, one line each for the most probable.

import { element, text } from "./page.js";
import { best, share, tone } from "./wording.js";

const SHOWN = 5;

export function scale(probabilities, model) {
  return model.classes.length === 2 ? between(probabilities, model) : lines(probabilities, model);
}

function between(probabilities, { classes, unsure_below: bound }) {
  const [first, second] = classes;
  const track = element("div", { class: "track" });
  if (bound > 0.5) {
    const zone = element("div", { class: "zone" });
    zone.style.left = zone.style.right = `${100 * (1 - bound)}%`;
    zone.append(text("span", "unsure"));
    track.append(zone);
  }
  const mark = element("div", { class: `mark ${tone(best(probabilities, classes), classes)}` });
  mark.style.left = `${100 * probabilities[second]}%`;
  track.append(mark);
  const ends = element("div", { class: "ends" });
  ends.append(end(first, probabilities[first], "first"), end(second, probabilities[second], "second"));
  return labelled([track, ends], `${first} ${share(probabilities[first])}, ${second} ${share(probabilities[second])}`);
}

function end(name, probability, kind) {
  const words = element("span", { class: kind });
  words.append(text("bdi", name), ` ${share(probability)}`);
  return words;
}

function lines(probabilities, { classes, unsure_below: bound }) {
  const sorted = [...classes].sort((one, other) => probabilities[other] - probabilities[one]).slice(0, SHOWN);
  const rows = sorted.map((name) => {
    const row = element("div", { class: "line" });
    const track = element("div", { class: "track" });
    const fill = element("div", { class: `fill ${tone(name, classes)}` });
    fill.style.width = `${100 * probabilities[name]}%`;
    const tick = element("div", { class: "tick" });
    tick.style.left = `${100 * bound}%`;
    track.append(fill, tick);
    row.append(text("bdi", name), track, text("span", share(probabilities[name])));
    return row;
  });
  return labelled(rows, sorted.map((name) => `${name} ${share(probabilities[name])}`).join(", "));
}

function labelled(parts, words) {
  const bar = element("div", { class: "scale", role: "img", "aria-label": words });
  bar.append(...parts);
  return bar;
}
