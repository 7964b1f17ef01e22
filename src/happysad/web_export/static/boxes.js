// From what the face network says of its anchors to a few distinct faces.
//
// A candidate is {score, points}: eight points (x, y); upper left and lower right of the box, then
// right eye, left eye, nose, mouth, right ear, left ear.

const STRIDE = 4; // pixels between two anchors of the network's input
const NUMBERS = 16; // that the network gives for each anchor
const FARTHEST = 16;

/**
 * Turn the network's output for one input into candidates.
 *
 * @param raw 16 numbers an anchor: centre, size and six points, relative to the anchor.
 * @param logits one an anchor.
 * @param side of the network's square input, in pixels.
 * @param least candidates below this probability are dropped.
 */
export function decode(raw, logits, side, least) {
  const columns = side / STRIDE;
  const candidates = [];
  for (let anchor = 0; anchor < logits.length; anchor++) {
    const score = Math.fround(1 / (1 + Math.exp(-Math.min(80, Math.max(-80, logits[anchor])))));
    if (score < least) continue;
    const x = (anchor % columns) * STRIDE + STRIDE / 2;
    const y = Math.floor(anchor / columns) * STRIDE + STRIDE / 2;
    const points = pointsOf(raw.subarray(anchor * NUMBERS, (anchor + 1) * NUMBERS), x, y);
    if (isSound(points, side)) candidates.push({ score, points });
  }
  return candidates;
}

function pointsOf(numbers, x, y) {
  const points = [];
  for (let i = 4; i < NUMBERS; i += 2) points.push([numbers[i] + x, numbers[i + 1] + y]);
  const [middleX, middleY] = [numbers[0] + x, numbers[1] + y];
  const [halfX, halfY] = [numbers[2] / 2, numbers[3] / 2];
  return [[middleX - halfX, middleY - halfY], [middleX + halfX, middleY + halfY], ...points];
}

/** A damaged network can put a face miles away. */
function isSound(points, side) {
  const [[left, top], [right, bottom]] = points;
  const near = points.flat().every((place) => Math.abs(place) <= FARTHEST * side);
  return right > left && bottom > top && near;
}

/** The longer side of a candidate's box. */
export function extent({ points: [[left, top], [right, bottom]] }) {
  return Math.max(right - left, bottom - top);
}

/**
 * Merge candidates of the same face: the mean of overlapping ones, weighted by score.
 *
 * @param threshold overlap from which two candidates are the same face.
 * @param limit the most faces to return, best score first.
 */
export function blend(candidates, threshold, limit) {
  let left = [...candidates].sort((one, other) => other.score - one.score);
  const faces = [];
  while (left.length && faces.length < limit) {
    const [best] = left;
    const same = left.filter((one) => one === best || overlap(best, one) >= threshold);
    left = left.filter((one) => !same.includes(one));
    faces.push({ score: best.score, points: mean(same) });
  }
  return faces;
}

function mean(candidates) {
  const total = candidates.reduce((sum, { score }) => sum + score, 0);
  const sum = (point, axis) => candidates.reduce((sum, one) => sum + (one.points[point][axis] * one.score) / total, 0);
  return candidates[0].points.map((_, point) => [sum(point, 0), sum(point, 1)]);
}

/** Intersection over union of two boxes. */
function overlap(one, other) {
  const [[left, top], [right, bottom]] = one.points;
  const [[otherLeft, otherTop], [otherRight, otherBottom]] = other.points;
  const width = Math.max(0, Math.min(right, otherRight) - Math.max(left, otherLeft));
  const height = Math.max(0, Math.min(bottom, otherBottom) - Math.max(top, otherTop));
  const shared = width * height;
  const areas = (right - left) * (bottom - top) + (otherRight - otherLeft) * (otherBottom - otherTop);
  return shared / Math.max(areas - shared, 1e-9);
}
