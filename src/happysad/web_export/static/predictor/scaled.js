// A JPEG at a half, a quarter or an eighth of its size, to the last bit as libjpeg-turbo gives it.
//
// The inverse cosine transform runs in whole numbers, as there: 13 bits behind the point, 2 of them
// kept between its two passes. Each pass is linear and rounds once, so it is a table of weights.

import { readCoefficients, Strange } from "./jpeg.js";

const POINT = 13;
const KEPT = 2;

/** Weights of 8 coefficients in the sum of each run of 8 / `side` neighbouring samples. */
function weightsOf(side) {
  const run = 8 / side;
  return Int32Array.from({ length: side * 8 }, (_, index) => {
    const [start, k] = [Math.floor(index / 8) * run, index % 8];
    let sum = 0;
    for (let x = start; x < start + run; x++) sum += Math.cos(((2 * x + 1) * k * Math.PI) / 16);
    return Math.round(sum * (k ? Math.SQRT2 : 1) * 2 ** POINT);
  });
}

// Of whole blocks the weights are sums of rounded numbers, and so a few are one off.
const WHOLE = [
  [8192, 11363, 10703, 9633, 8192, 6437, 4433, 2260],
  [8192, 9633, 4433, -2259, -8192, -11362, -10704, -6436],
  [8192, 6437, -4433, -11362, -8192, 2261, 10704, 9633],
  [8192, 2260, -10703, -6436, 8192, 9633, -4433, -11363],
];
const MIRRORED = [...WHOLE].reverse().map((row) => row.map((weight, k) => (k % 2 ? -weight : weight)));
const WEIGHTS = {
  1: weightsOf(1),
  2: weightsOf(2),
  4: weightsOf(4),
  8: Int32Array.from([...WHOLE, ...MIRRORED].flat()),
};

/** The picture at 1 / `factor` of its size: {width, height, data}; Strange where it is a rare kind. */
export function decodeScaled(bytes, factor) {
  const whole = readCoefficients(bytes);
  const width = Math.ceil(whole.width / factor);
  const height = Math.ceil(whole.height / factor);
  const planes = whole.components.map((one) => planeOf(one, whole, 8 / factor));
  return { width, height, data: coloured(planes, whole.colours, width, height) };
}

/** The samples of a component, brought to the picture's size: {data, stride}. */
function planeOf(component, whole, least) {
  const side = sideOf(component, whole, least);
  const stretch = [(whole.across * least) / (component.across * side), (whole.down * least) / (component.down * side)];
  const plane = transformed(component, side);
  if (stretch[0] === 1 && stretch[1] === 1) return plane;
  if (stretch[0] !== 2 || stretch[1] !== 1) throw new Strange("a rare kind");
  const own = Math.ceil((whole.width * component.across * side) / (whole.across * 8));
  return least === 1 ? repeated(plane, own) : doubled(plane, own);
}

/** Samples a side of a block: coarser components need not be shrunk as far. */
function sideOf({ across, down }, whole, least) {
  let side = least;
  const fits = (most, own) => (most * least) % (own * side * 2) === 0;
  while (side < 8 && fits(whole.across, across) && fits(whole.down, down)) side *= 2;
  return side;
}

function transformed({ columns, rows, coefficients, quantisers }, side) {
  const stride = columns * side;
  const data = new Uint8ClampedArray(stride * rows * side);
  const block = new Int32Array(64);
  const half = new Int32Array(8 * side);
  const weights = WEIGHTS[side];
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at += 64) {
      const place = row * side * stride + column * side;
      let rest = 0;
      for (let i = 1; i < 64; i++) rest |= block[i] = coefficients[at + i] * quantisers[i];
      block[0] = coefficients[at] * quantisers[0];
      if (rest === 0 || side === 1) fill(data, place, stride, side, ((block[0] + 4) >> 3) + 128);
      else inverse(block, half, weights, side, data, place, stride);
    }
  }
  return { data, stride };
}

function fill(data, place, stride, side, value) {
  for (let y = 0; y < side; y++) data.fill(value, place + y * stride, place + y * stride + side);
}

/** Down the columns, then along the rows. */
function inverse(block, half, weights, side, data, place, stride) {
  const spare = Math.log2(8 / side); // the weights are sums of so many means
  const down = POINT - KEPT + spare;
  for (let x = 0; x < 8; x++) {
    for (let y = 0; y < side; y++) half[y * 8 + x] = (weigh(block, x, 8, weights, y * 8) + (1 << (down - 1))) >> down;
  }
  const across = POINT + KEPT + 3 + spare;
  for (let y = 0; y < side; y++) {
    const row = place + y * stride;
    for (let x = 0; x < side; x++) {
      data[row + x] = ((weigh(half, y * 8, 1, weights, x * 8) + (1 << (across - 1))) >> across) + 128;
    }
  }
}

/** The sum of eight numbers that lie `step` apart, each times its weight. */
function weigh(numbers, at, step, weights, w) {
  return (
    numbers[at] * weights[w] +
    numbers[at + step] * weights[w + 1] +
    numbers[at + 2 * step] * weights[w + 2] +
    numbers[at + 3 * step] * weights[w + 3] +
    numbers[at + 4 * step] * weights[w + 4] +
    numbers[at + 5 * step] * weights[w + 5] +
    numbers[at + 6 * step] * weights[w + 6] +
    numbers[at + 7 * step] * weights[w + 7]
  );
}

/** Twice as many samples a row, each three parts of the nearer one and one of the farther. */
function doubled({ data: old, stride }, count) {
  const rows = old.length / stride;
  const data = new Uint8ClampedArray(2 * count * rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < count; x++) {
      const at = y * stride + x;
      const to = 2 * (y * count + x);
      data[to] = x > 0 ? (3 * old[at] + old[at - 1] + 1) >> 2 : old[at];
      data[to + 1] = x < count - 1 ? (3 * old[at] + old[at + 1] + 2) >> 2 : old[at];
    }
  }
  return { data, stride: 2 * count };
}

/** Twice as many samples a row, each as it is. */
function repeated({ data: old, stride }, count) {
  const rows = old.length / stride;
  const data = new Uint8ClampedArray(2 * count * rows);
  for (let i = 0; i < data.length; i++) data[i] = old[Math.floor(i / (2 * count)) * stride + (i % (2 * count) >> 1)];
  return { data, stride: 2 * count };
}

function coloured(planes, colours, width, height) {
  const data = new Uint8ClampedArray(width * height * 3);
  const [first, second = first, third = first] = planes;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const one = first.data[y * first.stride + x];
      const two = second.data[y * second.stride + x];
      const three = third.data[y * third.stride + x];
      if (colours === "ycc") {
        const [blue, red] = [two - 128, three - 128];
        data[at] = one + ((91881 * red + 32768) >> 16);
        data[at + 1] = one + ((-22554 * blue - 46802 * red + 32768) >> 16);
        data[at + 2] = one + ((116130 * blue + 32768) >> 16);
      } else {
        data[at] = one;
        data[at + 1] = two;
        data[at + 2] = three;
      }
    }
  }
  return new Uint8Array(data.buffer);
}
