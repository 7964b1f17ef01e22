// The learning curve as SVG: accuracy with its band over the number of labels, or of what they are.

import { svg } from "./page.js";

const BOX = { left: 30, right: 290, top: 8, bottom: 110 };

export function drawCurve(points, unit = "labels") {
  const known = points.filter((point) => point.accuracy !== null);
  const most = Math.max(20, ...points.map((point) => point.labels));
  const x = (labels) => BOX.left + ((BOX.right - BOX.left) * labels) / most;
  const y = (share) => BOX.bottom - (BOX.bottom - BOX.top) * share;
  const drawing = svg("svg", { viewBox: "0 0 300 130", role: "img", "aria-label": describe(known, unit) });
  for (const share of [0, 0.5, 1]) {
    const kind = share === 0.5 ? "half" : "grid";
    drawing.append(svg("line", { x1: BOX.left, x2: BOX.right, y1: y(share), y2: y(share), class: kind }));
    drawing.append(svg("text", { x: 24, y: y(share) + 4, "text-anchor": "end" }, share.toString()));
  }
  drawing.append(svg("text", { x: BOX.left, y: 126 }, "0"));
  drawing.append(svg("text", { x: BOX.right, y: 126, "text-anchor": "end" }, `${most} ${unit}`));
  if (known.length) {
    const upper = known.map((point) => `${x(point.labels)},${y(point.high)}`);
    const lower = known.map((point) => `${x(point.labels)},${y(point.low)}`).reverse();
    drawing.append(svg("polygon", { points: [...upper, ...lower].join(" "), class: "band" }));
    const middle = known.map((point) => `${x(point.labels)},${y(point.accuracy)}`);
    drawing.append(svg("polyline", { points: middle.join(" "), class: "line" }));
    const last = known.at(-1);
    drawing.append(svg("line", { x1: x(last.labels), x2: x(last.labels), y1: y(last.low), y2: y(last.high), class: "line" }));
    drawing.append(svg("circle", { cx: x(last.labels), cy: y(last.accuracy), r: 4, class: "dot" }));
  }
  return drawing;
}

function describe(known, unit) {
  if (!known.length) return "Learning curve: nothing to show yet";
  const last = known.at(-1);
  return `Learning curve: accuracy ${last.accuracy.toFixed(2)} after ${last.labels} ${unit}`;
}
