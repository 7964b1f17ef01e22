// Which answers are shown, and in which order.

import { best } from "../shared/wording.js";

// No class can have these names.
export const ERRORS = Symbol("no answer");
export const WAITING = Symbol("waiting");

/** Ways to sort by name, each a function of two pictures. Those without an answer come last. */
export function orders(classes) {
  const collator = new Intl.Collator("en", { numeric: true }); // 2.jpg before 10.jpg
  const byName = (one, other) => collator.compare(one.name, other.name);
  const byNumber = (number) => (one, other) => rank(other, number) - rank(one, number) || one.number - other.number;
  const highest = ({ probabilities }) => probabilities[best(probabilities, classes)];
  const found = new Map([
    ["as they came", (one, other) => one.number - other.number],
    ["most sure first", byNumber(highest)],
    ["least sure first", byNumber((prediction) => 1 - highest(prediction))],
  ]);
  for (const name of classes.slice(0, 12)) found.set(`most ${name} first`, byNumber(({ probabilities }) => probabilities[name]));
  return found.set("by name", byName);
}

function rank({ prediction }, number) {
  return prediction && !prediction.error ? number(prediction) : -1;
}

/** Return the verdict of a picture: a class, unsure, or that there is no answer (yet). */
export function verdictOf({ prediction }) {
  if (!prediction) return WAITING;
  return prediction.error ? ERRORS : prediction.verdict;
}

/** Return how many pictures have which verdict, in the order of the classes; none that is zero. */
export function counts(pictures, classes) {
  const found = new Map([...classes, "unsure", ERRORS, WAITING].map((verdict) => [verdict, 0]));
  for (const picture of pictures) found.set(verdictOf(picture), (found.get(verdictOf(picture)) ?? 0) + 1);
  return new Map([...found].filter(([, number]) => number));
}

/** Return the pictures that fit.
 *  @param wanted verdict, or null for all.
 *  @param words part of a name, in any case. */
export function fitting(pictures, { wanted, words, order }) {
  const part = words.trim().toLowerCase();
  const fits = (picture) => (wanted === null || verdictOf(picture) === wanted) && picture.name.toLowerCase().includes(part);
  return pictures.filter(fits).sort(order);
}
