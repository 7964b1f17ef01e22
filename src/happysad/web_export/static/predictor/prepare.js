// From a picture of any size to the array that a graph takes; the same as Python's.

import { resize } from "./resize.js";

/** The picture in the size of the scene's graph: {width, height, data}. */
export function prepare(picture, to) {
  const { box, width, height } = geometry(picture, to);
  const small = to.resample === "point" ? point(picture, box, width, height) : resize(picture, width, height, box);
  return padded(small, to);
}

/** The picture in which faces are looked for: at most `to.look` pixels a side. */
export function lookedAt(picture, to) {
  const scale = Math.min(1, to.look / Math.max(picture.width, picture.height));
  return resize(picture, size(picture.width * scale), size(picture.height * scale));
}

/** Whole pixels, at least one; halves go to the even number, as Python rounds. */
export function size(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 === 1);
  return Math.max(1, floor + (up ? 1 : 0));
}

/** The part of the picture that is used, and the size that it takes. */
function geometry({ width, height }, to) {
  const whole = [0, 0, width, height];
  if (to.fit === "crop") {
    const scale = Math.min(width / to.width, height / to.height);
    const [cutWidth, cutHeight] = [scale * to.width, scale * to.height];
    const [left, top] = [(width - cutWidth) / 2, (height - cutHeight) / 2];
    return { box: [left, top, left + cutWidth, top + cutHeight], width: to.width, height: to.height };
  }
  if (to.fit === "pad") {
    const scale = Math.min(to.width / width, to.height / height);
    return { box: whole, width: size(scale * width), height: size(scale * height) };
  }
  return { box: whole, width: to.width, height: to.height };
}

/** Sample between the four nearest pixels, in single precision, as models from elsewhere want it. */
function point(picture, box, width, height) {
  const across = neighbours(box[0], box[2], width, picture.width);
  const down = neighbours(box[1], box[3], height, picture.height);
  const data = new Float32Array(width * height * 3);
  const { fround } = Math;
  const between = (first, second, share) => fround(first + fround(fround(second - first) * share));
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        const sample = (row, column) => picture.data[(row * picture.width + column) * 3 + c];
        const line = (row) => between(sample(row, across.first[x]), sample(row, across.second[x]), across.share[x]);
        data[at++] = between(line(down.first[y]), line(down.second[y]), down.share[y]);
      }
    }
  }
  return { width, height, data };
}

function neighbours(start, end, count, limit) {
  const scale = Math.fround((end - start) / count);
  const first = new Int32Array(count);
  const second = new Int32Array(count);
  const share = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const place = Math.fround(Math.fround((i + 0.5) * scale) + Math.fround(start - 0.5));
    const floor = Math.floor(place);
    first[i] = Math.min(Math.max(floor, 0), limit - 1);
    second[i] = Math.max(Math.min(Math.ceil(place), limit - 1), 0);
    share[i] = place - floor;
  }
  return { first, second, share };
}

/** Add black bars on both sides where the array is smaller than asked for. */
function padded(picture, to) {
  if (picture.width === to.width && picture.height === to.height) return picture;
  const left = (to.width - picture.width) >> 1;
  const top = (to.height - picture.height) >> 1;
  const data = new picture.data.constructor(to.width * to.height * 3);
  const stride = picture.width * 3;
  for (let y = 0; y < picture.height; y++) {
    const row = picture.data.subarray(y * stride, (y + 1) * stride);
    data.set(row, ((top + y) * to.width + left) * 3);
  }
  return { width: to.width, height: to.height, data };
}
