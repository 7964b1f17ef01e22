// Cutting a face out of a picture: upright, square, with a margin.

import { resize } from "./resize.js";

const MARGIN = 1.35; // side of the square over the longer side of the face's box

/** An upright square of `side` pixels around a face; what lies outside the picture is black. */
export function faceCrop(picture, place, side) {
  const { width, height } = picture;
  const [left, top, right, bottom] = place.box;
  const x = ((left + right) / 2) * width;
  const y = ((top + bottom) / 2) * height;
  const extent = Math.max((right - left) * width, (bottom - top) * height, 1) * MARGIN;
  // A turned square needs its corners from outside the upright one: cut √2 larger, then turn.
  const wide = extent * Math.SQRT2;
  const large = Math.ceil((side * Math.SQRT2) / 2) * 2;
  const square = cut(picture, [x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2], large);
  return middle(square, tilt(place, width, height), side);
}

/** The angle of the line between the eyes, in radians, clockwise on the screen. */
function tilt({ points }, width, height) {
  const [[rightX, rightY], [leftX, leftY]] = points;
  return Math.atan2((leftY - rightY) * height, (leftX - rightX) * width);
}

/** Cut a square that may reach beyond the picture, resized to `side`. */
function cut(picture, box, side) {
  const [left, top] = [Math.floor(box[0]), Math.floor(box[1])];
  const [right, bottom] = [Math.ceil(box[2]), Math.ceil(box[3])];
  const frame = { width: right - left, height: bottom - top };
  frame.data = new Uint8Array(frame.width * frame.height * 3);
  const start = Math.max(left, 0);
  const end = Math.min(right, picture.width);
  for (let y = Math.max(top, 0); y < Math.min(bottom, picture.height) && start < end; y++) {
    const row = picture.data.subarray((y * picture.width + start) * 3, (y * picture.width + end) * 3);
    frame.data.set(row, ((y - top) * frame.width + start - left) * 3);
  }
  return resize(frame, side, side, [box[0] - left, box[1] - top, box[2] - left, box[3] - top]);
}

/** Turn a square picture about its centre and return its middle, as Pillow's `rotate` does. */
function middle(picture, angle, side) {
  const start = (picture.width - side) / 2;
  const degrees = (angle * (180 / Math.PI)) % 360;
  const back = -(degrees < 0 ? degrees + 360 : degrees) * (Math.PI / 180);
  const [cosine, sine] = degrees === 0 ? [1, 0] : [rounded(Math.cos(back)), rounded(Math.sin(back))];
  const centre = picture.width / 2;
  // In this order, so that no place is off by a bit: what is between two bytes is cut off.
  const right = cosine * -centre + sine * -centre + centre;
  const down = -sine * -centre + cosine * -centre + centre;
  const data = new Uint8Array(side * side * 3);
  for (let y = 0, at = 0; y < side; y++) {
    const row = y + start + 0.5;
    for (let x = 0; x < side; x++, at += 3) {
      const column = x + start + 0.5;
      sample(picture, cosine * column + sine * row + right, -sine * column + cosine * row + down, data, at);
    }
  }
  return { width: side, height: side, data };
}

function rounded(number) {
  return Number(number.toFixed(15));
}

/** Put what lies at a place between pixels into `data`; nothing where that is outside. */
function sample({ width, height, data: old }, x, y, data, at) {
  if (x < 0 || x >= width || y < 0 || y >= height) return;
  const column = Math.floor(x - 0.5);
  const row = Math.floor(y - 0.5);
  const [dx, dy] = [x - 0.5 - column, y - 0.5 - row];
  const left = Math.max(column, 0);
  const right = Math.min(column + 1, width - 1);
  const upper = Math.max(row, 0) * width;
  const lower = row + 1 < height ? (row + 1) * width : upper;
  for (let c = 0; c < 3; c++) {
    const first = old[(upper + left) * 3 + c];
    const second = old[(lower + left) * 3 + c];
    const above = first + (old[(upper + right) * 3 + c] - first) * dx;
    const below = second + (old[(lower + right) * 3 + c] - second) * dx;
    data[at + c] = above + (below - above) * dy;
  }
}
