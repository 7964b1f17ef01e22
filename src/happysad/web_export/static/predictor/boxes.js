// From what the face network says of its anchors to a few distinct faces.
//
// A candidate is {score, points}: eight points (x, y); upper left and lower right of the box, then
// right eye, left eye, nose, mouth, right ear, left ear.
//
// Everything is rounded to single precision where Python does it: where a face is cut out jumps by
// a pixel on the last bit of its place, and the answer with it.

const { fround } = Math;

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
    const score = fround(1 / (1 + Math.exp(-Math.min(80, Math.max(-80, logits[anchor])))));
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
  for (let i = 4; i < NUMBERS; i += 2) points.push([fround(numbers[i] + x), fround(numbers[i + 1] + y)]);
  const [middleX, middleY] = [fround(numbers[0] + x), fround(numbers[1] + y)];
  const [halfX, halfY] = [numbers[2] / 2, numbers[3] / 2];
  const upper = [fround(middleX - halfX), fround(middleY - halfY)];
  return [upper, [fround(middleX + halfX), fround(middleY + halfY)], ...points];
}

/** Move candidates from an input of the network to the picture that it is a `scale` of. */
export function enlarged(candidates, scale) {
  const factor = fround(scale);
  return candidates.map(({ score, points }) => ({ score, points: points.map((one) => one.map((place) => fround(place / factor))) }));
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
  const total = sum(candidates.map(({ score }) => score));
  const weights = candidates.map(({ score }) => fround(score / total));
  return candidates[0].points.map((_, point) =>
    [0, 1].map((axis) => candidates.reduce((so, one, index) => fround(so + fround(one.points[point][axis] * weights[index])), 0)),
  );
}

/** Add in the order in which numpy adds up to 128 numbers: from eight of them on in eight lanes. */
function sum(numbers) {
  const add = (one, other) => fround(one + other);
  const whole = numbers.length - (numbers.length % 8);
  if (whole === 0 || numbers.length > 128) return numbers.reduce(add, 0);
  const lanes = numbers.slice(0, 8);
  for (let i = 8; i < whole; i++) lanes[i % 8] = add(lanes[i % 8], numbers[i]);
  const pairs = [0, 2, 4, 6].map((lane) => add(lanes[lane], lanes[lane + 1]));
  return numbers.slice(whole).reduce(add, add(add(pairs[0], pairs[1]), add(pairs[2], pairs[3])));
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
