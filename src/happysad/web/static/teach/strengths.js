// The accuracy on pictures left out, by how strictly a model is held back: one line a round.

import { svg, text } from "../shared/page.js";

const BOX = { left: 34, right: 292, top: 8, bottom: 104 };

/** @param curves [[[strength, accuracy], …], …]; the last is the model's own. */
export function drawStrengths(curves) {
  const strengths = curves.flat().map(([strength]) => Math.log(strength));
  const [low, high] = [Math.min(...strengths), Math.max(...strengths)];
  const floor = Math.min(0.5, ...curves.flat().map(([, accuracy]) => accuracy));
  const x = (strength) => BOX.left + ((BOX.right - BOX.left) * (Math.log(strength) - low)) / (high - low || 1);
  const y = (accuracy) => BOX.bottom - ((BOX.bottom - BOX.top) * (accuracy - floor)) / (1 - floor || 1);
  const drawing = svg("svg", { viewBox: "0 0 300 124", role: "img", class: "strengths", "aria-label": describe(curves) });
  for (const share of [floor, (1 + floor) / 2, 1]) {
    drawing.append(svg("line", { x1: BOX.left, x2: BOX.right, y1: y(share), y2: y(share), class: "grid" }));
    drawing.append(svg("text", { x: BOX.left - 5, y: y(share) + 4, "text-anchor": "end" }, share.toFixed(2)));
  }
  drawing.append(svg("text", { x: BOX.left, y: 120 }, "← learns freely"));
  drawing.append(svg("text", { x: BOX.right, y: 120, "text-anchor": "end" }, "held back →"));
  curves.forEach((curve, place) => {
    const points = curve.map(([strength, accuracy]) => `${x(strength)},${y(accuracy)}`).join(" ");
    drawing.append(svg("polyline", { points, class: place === curves.length - 1 ? "line" : "line earlier" }));
  });
  return drawing;
}

/** Say what the lines are. */
export function legend() {
  const words = text("p", "Accuracy on pictures left out, by how strictly a model is kept from learning the pictures by heart: one line a round, the latest in bold.");
  words.className = "soft small";
  return words;
}

function describe(curves) {
  const best = Math.max(...curves.at(-1).map(([, accuracy]) => accuracy));
  return `Accuracy on pictures left out, at best ${best.toFixed(2)}, after ${curves.length} of the models`;
}
