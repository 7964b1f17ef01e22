// How probabilities and classes are said, the same everywhere.

/** Return a probability in two digits; never 0 or 1, which no model can know. */
export function share(probability) {
  if (probability > 0.99 && probability.toFixed(2) === "1.00") return "> 0.99";
  if (probability.toFixed(2) === "0.00") return "< 0.01";
  return probability.toFixed(2);
}

/** Return the class with the highest probability; of equals, the first in label order. */
export function best(probabilities, classes) {
  return classes.reduce((found, name) => (probabilities[name] > probabilities[found] ? name : found));
}

/** Return the CSS class that colours a class, or a verdict. */
export function tone(label, classes) {
  return ["first", "second"][classes.indexOf(label)] ?? (classes.includes(label) ? "third" : "neither");
}

/** Return a score as it has to be said: with its interval and n. */
export function scored({ value, low, high, n }) {
  const [shown, from, to] = [value, low, high].map((number) => number?.toFixed(3) ?? "–");
  return `${shown} [${from}, ${to}], n = ${count(n)}`;
}

/** Return e.g. 10 645, with a space that does not break. */
export function count(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}
