// What both views saw becomes one answer, and a sentence about it.

import { evidence, fuse } from "./fusion.js";

const STEEPEST = 60;

/** Features · weights + bias. */
export function logitOf(features, { weights, bias }) {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += features[i] * weights[i];
  return sum + bias;
}

export function sigmoid(logit) {
  return 1 / (1 + Math.exp(-Math.min(STEEPEST, Math.max(-STEEPEST, logit))));
}

/**
 * Weigh what was seen in one picture.
 *
 * @param seen {scene, faces, places, look} from `views.js`.
 * @param manifest of a model of two views.
 */
export function weigh(seen, { heads, fusion, classes }) {
  const scene = logitOf(seen.scene, heads.scene);
  const logits = seen.faces.map((features) => logitOf(features, heads.faces));
  const readings = seen.places.map(({ box, score }, index) => {
    const [left, top, right, bottom] = box;
    const side = Math.max((right - left) * seen.look.width, (bottom - top) * seen.look.height);
    return { logit: logits[index], score, area: (right - left) * (bottom - top), side };
  });
  const shares = fuse(evidence(scene, readings), fusion);
  const faces = seen.places.map(({ box, score }, index) => ({
    box,
    score,
    probabilities: named(sigmoid(logits[index]), classes),
  }));
  return {
    probabilities: [1 - sigmoid(shares.logit), sigmoid(shares.logit)],
    faces,
    views: views(sigmoid(scene), shares, logits.map(sigmoid), classes),
    off_topic: heads.off_topic ? sigmoid(logitOf(seen.scene, heads.off_topic)) : null,
  };
}

/** The scene's logit cell by cell; its mean is the scene's logit. */
export function sceneMap({ data, dims }, head) {
  const width = dims.at(-1);
  return Array.from({ length: data.length / width }, (_, cell) => logitOf(data.subarray(cell * width, (cell + 1) * width), head));
}

function named(positive, classes) {
  return { [classes[0]]: 1 - positive, [classes[1]]: positive };
}

function views(scene, shares, faces, classes) {
  const share = facesShare(shares, faces.length);
  return { scene, scene_share: 1 - share, faces_share: share, sentence: sentence(scene, faces, classes) };
}

/** How much the faces moved the answer, of all that moved it. */
function facesShare(shares, count) {
  if (count === 0) return 0;
  const [scene, faces] = [Math.abs(shares.scene), Math.abs(shares.faces)];
  return scene + faces === 0 ? 0.5 : faces / (scene + faces);
}

/** What each view saw, e.g. "scene 0.7 sad, 3 faces 0.9 sad on average". */
function sentence(scene, faces, classes) {
  const said = `scene ${words(scene, classes)}`;
  if (faces.length === 0) return `${said}, no face`;
  if (faces.length === 1) return `${said}, 1 face ${words(faces[0], classes)}`;
  const mean = faces.reduce((sum, face) => sum + face, 0) / faces.length;
  return `${said}, ${faces.length} faces ${words(mean, classes)} on average`;
}

function words(positive, classes) {
  return `${Math.max(positive, 1 - positive).toFixed(1)} ${classes[positive >= 0.5 ? 1 : 0]}`;
}
