// Bytes → picture: upright RGB, as Python decodes it, with the browser's own decoders.

import { Refusal, requireWhole, sniff, typeOf } from "./formats.js";
import { reduce } from "./resize.js";

export { Refusal };

const MAX_BYTES = 20 * 1024 * 1024;
const MAX_PIXELS = 40_000_000;
const MAX_SIDE = 16_384;
const STRIP = 1 << 22; // pixels a canvas; phones refuse larger ones

/** The picture in a file, no finer than the model needs: {width, height, data}. */
export async function decode(bytes, preprocessing) {
  if (bytes.length > MAX_BYTES) {
    throw new Refusal("too_many_bytes", `The file has ${bytes.length} bytes; the limit is ${MAX_BYTES}.`);
  }
  const format = sniff(bytes);
  requireWhole(bytes, format);
  const bitmap = await bitmapOf(new Blob([bytes], { type: typeOf(format) }));
  try {
    requireSmall(bitmap.width, bitmap.height);
    return shrunk(pixelsOf(bitmap), format, preprocessing);
  } finally {
    bitmap.close();
  }
}

async function bitmapOf(blob) {
  // Profiles are not applied, so that a picture gives the same numbers everywhere.
  const plain = { colorSpaceConversion: "none", imageOrientation: "from-image", premultiplyAlpha: "none" };
  try {
    return await createImageBitmap(blob, plain);
  } catch {
    throw new Refusal("unreadable", "The picture is damaged, or this browser cannot decode it.");
  }
}

function requireSmall(width, height) {
  if (width * height <= MAX_PIXELS && Math.max(width, height) <= MAX_SIDE) return;
  const limits = `${MAX_PIXELS} pixels and ${MAX_SIDE} a side`;
  throw new Refusal("too_many_pixels", `The picture is ${width}×${height} pixels; the limits are ${limits}.`);
}

/** The pixels of a bitmap; transparency lies over white. */
function pixelsOf(bitmap) {
  const { width, height } = bitmap;
  const data = new Uint8Array(width * height * 3);
  const rows = Math.max(1, Math.min(height, Math.floor(STRIP / width)));
  const pen = new OffscreenCanvas(width, rows).getContext("2d", { willReadFrequently: true });
  pen.fillStyle = "white";
  for (let top = 0, at = 0; top < height; top += rows) {
    const count = Math.min(rows, height - top);
    pen.fillRect(0, 0, width, count);
    pen.drawImage(bitmap, 0, -top);
    const colours = pen.getImageData(0, 0, width, count).data;
    for (let i = 0; i < colours.length; i += 4) {
      data[at++] = colours[i];
      data[at++] = colours[i + 1];
      data[at++] = colours[i + 2];
    }
  }
  return { width, height, data };
}

/** Shrink a picture much larger than is needed by a whole factor, as Python does while decoding. */
function shrunk(picture, format, { width, height, look = 0, resample }) {
  if (resample === "point") return picture;
  const scale = look / Math.max(picture.width, picture.height);
  const across = Math.max(width, Math.ceil(picture.width * scale));
  const down = Math.max(height, Math.ceil(picture.height * scale));
  const room = Math.min(Math.floor(picture.width / across), Math.floor(picture.height / down));
  if (format === "jpeg" && room >= 2) {
    const factor = [8, 4, 2].find((factor) => room >= factor);
    picture = reduce(picture, factor, factor);
  }
  const factor = Math.min(Math.floor(picture.width / (2 * across)), Math.floor(picture.height / (2 * down)));
  return factor > 1 ? reduce(picture, factor, factor) : picture;
}
