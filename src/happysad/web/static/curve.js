// The learning curve as SVG: accuracy with its band over the number of labels, or of what they are.

const SVG = "http://www.w3.org/2000/svg";
const BOX = { left: 30, right: 290, top: 8, bottom: 110 };

export function drawCurve(points, unit = "labels") {
  const known = points.filter((point) => point.accuracy !== null);
  const most = Math.max(20, ...points.map((point) => point.labels));
  const x = (labels) => BOX.left + ((BOX.right - BOX.left) * labels) / most;
  const y = (share) => BOX.bottom - (BOX.bottom - BOX.top) * share;
  const svg = make("svg", { viewBox: "0 0 300 130", role: "img", "aria-label": describe(known, unit) });
  for (const share of [0, 0.5, 1]) {
    const kind = share === 0.5 ? "half" : "grid";
    svg.append(make("line", { x1: BOX.left, x2: BOX.right, y1: y(share), y2: y(share), class: kind }));
    svg.append(make("text", { x: 24, y: y(share) + 4, "text-anchor": "end" }, share.toString()));
  }
  svg.append(make("text", { x: BOX.left, y: 126 }, "0"));
  svg.append(make("text", { x: BOX.right, y: 126, "text-anchor": "end" }, `${most} ${unit}`));
  if (known.length) {
    const upper = known.map((point) => `${x(point.labels)},${y(point.high)}`);
    const lower = known.map((point) => `${x(point.labels)},${y(point.low)}`).reverse();
    svg.append(make("polygon", { points: [...upper, ...lower].join(" "), class: "band" }));
    const middle = known.map((point) => `${x(point.labels)},${y(point.accuracy)}`);
    svg.append(make("polyline", { points: middle.join(" "), class: "line" }));
    const last = known.at(-1);
    svg.append(make("line", { x1: x(last.labels), x2: x(last.labels), y1: y(last.low), y2: y(last.high), class: "line" }));
    svg.append(make("circle", { cx: x(last.labels), cy: y(last.accuracy), r: 4, class: "dot" }));
  }
  return svg;
}

/** Say the last point in words. */
export function sentence(points, learner, review) {
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

function describe(known, unit) {
  if (!known.length) return "Learning curve: nothing to show yet";
  const last = known.at(-1);
  return `Learning curve: accuracy ${last.accuracy.toFixed(2)} after ${last.labels} ${unit}`;
}

function make(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}
