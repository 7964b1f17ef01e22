// Finding faces in a picture.

import { blend, decode, enlarged, extent } from "./boxes.js";
import { size } from "./prepare.js";
import { resize } from "./resize.js";

const SIDES = [96, 192, 384, 768]; // input sizes to look with; each sees faces half as large
const LEAST_SCORE = 0.4;
const SMALLEST_FACE = 24;
const LARGE_FACE = 128; // where all faces are as large, a closer look is not worth its time
const MOST_FACES = 64;
const SAME_FACE = 0.3;

export class Finder {
  /** @param network pixels as floats (1, H, W, 3) → boxes (1, A, 16) and scores (1, A). */
  constructor(network) {
    this.network = network;
  }

  /** Places of faces, best found first: {box, points, score}, all as shares of the picture. */
  async find(picture) {
    const { width, height } = picture;
    let candidates = [];
    for (const side of SIDES) {
      if (side > Math.max(192, width, height) || (side > 192 && areLarge(candidates))) break;
      candidates = candidates.concat(await this.#look(picture, side));
    }
    const faces = blend(candidates, SAME_FACE, MOST_FACES);
    return faces.filter((face) => extent(face) >= SMALLEST_FACE).map((face) => placeOf(face, width, height));
  }

  /** Candidates in pixels of the picture. */
  async #look(picture, side) {
    const { data, scale } = framed(picture, side);
    const { boxes, scores } = await this.network.run(data, [1, side, side, 3], ["boxes", "scores"]);
    return enlarged(decode(boxes.data, scores.data, side, LEAST_SCORE), scale);
  }
}

function areLarge(candidates) {
  return candidates.length > 0 && candidates.every((one) => extent(one) >= LARGE_FACE);
}

/** Shrink or enlarge to a longer side of `side`; black below and to the right. */
function framed(picture, side) {
  const scale = side / Math.max(picture.width, picture.height);
  const small = resize(picture, size(picture.width * scale), size(picture.height * scale));
  const data = new Float32Array(side * side * 3);
  const stride = small.width * 3;
  for (let y = 0; y < small.height; y++) {
    data.set(small.data.subarray(y * stride, (y + 1) * stride), y * side * 3);
  }
  return { data, scale };
}

function placeOf({ score, points }, width, height) {
  const shares = points.map(([x, y]) => [Math.fround(x / width), Math.fround(y / height)]);
  const within = (share) => Math.min(1, Math.max(0, share));
  return { box: shares.slice(0, 2).flat().map(within), points: shares.slice(2), score };
}
