// Resizing as Pillow does it, to the last bit: averages what is shrunk, interpolates what is
// enlarged, in whole numbers. `prepare.js` says which size; this file only how.
//
// A picture is {width, height, data}: RGB, three bytes a pixel, row by row.

const POINT = 22; // bits behind the point of a weight: 32, less 8 of a sample, less 2 to spare
const GAP = 2; // pictures more than this many times too large are first shrunk by a whole factor

/**
 * Resize part of a picture.
 *
 * @param picture to look at.
 * @param width of the result.
 * @param height of the result.
 * @param box left, top, right and bottom of the part; fractions of pixels are meant.
 */
export function resize(picture, width, height, box = [0, 0, picture.width, picture.height]) {
  const [left, top, right, bottom] = box;
  const whole = left === 0 && top === 0 && right === picture.width && bottom === picture.height;
  if (whole && width === picture.width && height === picture.height) return picture;
  const across = Math.floor((right - left) / width / GAP) || 1;
  const down = Math.floor((bottom - top) / height / GAP) || 1;
  if (across === 1 && down === 1) return resample(picture, width, height, box);
  const part = withNeighbours(picture, width, height, box);
  const smaller = reduce(picture, across, down, part);
  return resample(smaller, width, height, [
    (left - part[0]) / across,
    (top - part[1]) / down,
    (right - part[0]) / across,
    (bottom - part[1]) / down,
  ]);
}

/** Shrink by whole factors: every pixel of the result is the mean of a block. */
export function reduce(picture, across, down, box = [0, 0, picture.width, picture.height]) {
  const [left, top, right, bottom] = box;
  const width = Math.ceil((right - left) / across);
  const height = Math.ceil((bottom - top) / down);
  const data = new Uint8Array(width * height * 3);
  const sums = new Uint32Array(width * 3);
  for (let y = 0; y < height; y++) {
    const end = Math.min(bottom, top + (y + 1) * down);
    sums.fill(0);
    for (let row = top + y * down; row < end; row++) addRow(picture, row, left, right, across, sums);
    const rows = end - (top + y * down);
    for (let x = 0, at = y * width * 3; x < width; x++) {
      const count = rows * Math.min(across, right - left - x * across);
      // The quotient as a product, as Pillow rounds it.
      const factor = Math.floor(Math.fround(2 ** 32 / (256 * count)));
      const half = count >> 1;
      for (let c = 0; c < 3; c++, at++) data[at] = ((sums[x * 3 + c] + half) * factor) / 2 ** 24;
    }
  }
  return { width, height, data };
}

function addRow({ width, data }, row, left, right, across, sums) {
  let at = (row * width + left) * 3;
  for (let x = left, column = 0; x < right; column += 3) {
    for (const end = Math.min(right, x + across); x < end; x++, at += 3) {
      sums[column] += data[at];
      sums[column + 1] += data[at + 1];
      sums[column + 2] += data[at + 2];
    }
  }
}

/** The whole pixels that resampling a box touches. */
function withNeighbours(picture, width, height, [left, top, right, bottom]) {
  const x = (0.5 * (right - left)) / width;
  const y = (0.5 * (bottom - top)) / height;
  return [
    Math.max(0, Math.trunc(left - x)),
    Math.max(0, Math.trunc(top - y)),
    Math.min(picture.width, Math.ceil(right + x)),
    Math.min(picture.height, Math.ceil(bottom + y)),
  ];
}

/** Two passes, across and down, each with the triangle filter. */
function resample(picture, width, height, box) {
  const [left, top, right, bottom] = box.map(Math.fround);
  const across = width !== picture.width || left !== 0 || right !== width;
  const down = height !== picture.height || top !== 0 || bottom !== height;
  const columns = across && weigh(picture.width, left, right, width);
  const rows = down && weigh(picture.height, top, bottom, height);
  // The order is Pillow's, since each pass rounds. Going down first pays for tall pictures.
  const lower = picture.height - height;
  if (lower > 0 && lower > 2 * (picture.width - width)) {
    if (down) picture = goDown(picture, height, rows, 0);
    return across ? goAcross(picture, width, columns, 0, height) : picture;
  }
  // Only the rows that the second pass reads.
  const first = down ? rows.starts[0] : 0;
  const end = down ? rows.starts[height - 1] + rows.counts[height - 1] : height;
  if (across) picture = goAcross(picture, width, columns, first, end);
  return down ? goDown(picture, height, rows, across ? first : 0) : picture;
}

/** For each new sample: the first old one, how many there are, and their weights. */
function weigh(limit, start, end, count) {
  const scale = Math.fround(end - start) / count;
  const spread = Math.max(scale, 1);
  const most = Math.ceil(spread) * 2 + 1;
  const starts = new Int32Array(count);
  const counts = new Int32Array(count);
  const weights = new Int32Array(count * most);
  const shares = new Float64Array(most);
  for (let x = 0; x < count; x++) {
    const centre = start + (x + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - spread + 0.5));
    const number = Math.min(limit, Math.trunc(centre + spread + 0.5)) - from;
    let total = 0;
    for (let i = 0; i < number; i++) {
      shares[i] = Math.max(0, 1 - Math.abs((i + from - centre + 0.5) * (1 / spread)));
      total += shares[i];
    }
    for (let i = 0; i < number; i++) {
      const share = total === 0 ? shares[i] : shares[i] / total;
      weights[x * most + i] = Math.trunc(0.5 + share * 2 ** POINT);
    }
    starts[x] = from;
    counts[x] = number;
  }
  return { starts, counts, weights, most };
}

function goAcross(picture, width, { starts, counts, weights, most }, first, end) {
  const data = new Uint8Array(width * (end - first) * 3);
  let at = 0;
  for (let y = first; y < end; y++) {
    const row = y * picture.width;
    for (let x = 0; x < width; x++, at += 3) {
      let red = 1 << (POINT - 1);
      let green = red;
      let blue = red;
      let old = (row + starts[x]) * 3;
      for (let i = x * most, end = i + counts[x]; i < end; i++, old += 3) {
        const weight = weights[i];
        red += picture.data[old] * weight;
        green += picture.data[old + 1] * weight;
        blue += picture.data[old + 2] * weight;
      }
      data[at] = clip(red);
      data[at + 1] = clip(green);
      data[at + 2] = clip(blue);
    }
  }
  return { width, height: end - first, data };
}

function goDown({ width, data: old }, height, { starts, counts, weights, most }, first) {
  const stride = width * 3;
  const data = new Uint8Array(stride * height);
  const sums = new Int32Array(stride);
  for (let y = 0; y < height; y++) {
    sums.fill(1 << (POINT - 1));
    for (let i = 0; i < counts[y]; i++) {
      const weight = weights[y * most + i];
      const row = (starts[y] + i - first) * stride;
      for (let x = 0; x < stride; x++) sums[x] += old[row + x] * weight;
    }
    for (let x = 0; x < stride; x++) data[y * stride + x] = clip(sums[x]);
  }
  return { width, height, data };
}

function clip(sum) {
  const value = sum >> POINT;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
