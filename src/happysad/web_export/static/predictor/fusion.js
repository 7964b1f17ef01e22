// Two views of a picture become one answer: what the scene says and what the faces say.

const STRONGEST = 6;
const READABLE = 64; // pixels a side from which a face can be read well
const CROWD = 3;
const FACES_FROM = 4; // of the terms, those that the faces add

/** Names of what is weighed, in the order of `evidence`. */
export const TERMS = ["bias", "no_face", "scene", "scene_with_face", "faces", "large_face", "sharp_face", "crowd"];

/**
 * The evidence terms of one picture.
 *
 * @param scene logit of the second class from the whole picture.
 * @param faces of each: logit; score, the finder's confidence; area, its share of the picture;
 *   side, the longer one in pixels.
 */
export function evidence(scene, faces) {
  const whole = within(scene);
  const some = faces.length > 0 ? 1 : 0;
  let [sum, total, area, side] = [0, 0, 0, 0];
  for (const face of faces) {
    // A large face found with confidence says more than a small doubtful one.
    const weight = face.score * Math.sqrt(Math.max(face.area, 1e-6));
    sum += weight * within(face.logit);
    total += weight;
    area = Math.max(area, face.area);
    side = Math.max(side, face.side);
  }
  const mean = total > 0 ? sum / total : 0;
  const crowd = faces.length >= CROWD ? mean : 0;
  return [1, 1 - some, whole, whole * some, mean, mean * Math.sqrt(area), mean * Math.min(1, side / READABLE), crowd];
}

/** Weigh the evidence: the logit of the second class, and what each view gave of it. */
export function fuse(terms, weights) {
  const parts = terms.map((term, index) => term * weights[TERMS[index]]);
  const add = (numbers) => numbers.reduce((sum, number) => sum + number, 0);
  const faces = add(parts.slice(FACES_FROM));
  const logit = add(parts);
  return { logit, scene: logit - faces, faces };
}

function within(logit) {
  return Math.min(STRONGEST, Math.max(-STRONGEST, logit));
}
