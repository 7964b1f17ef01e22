// Bytes → picture: upright RGB, as Python decodes it. The browser's own decoders do that, except
// that large JPEGs are decoded small.

import { Refusal, requireWhole, sniff, typeOf } from "./formats.js";
import { readHeader } from "./jpeg.js";
import { reduce } from "./resize.js";
import { decodeScaled } from "./scaled.js";
import { turned } from "./turn.js";

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
  const small = format === "jpeg" && smallJpeg(bytes, preprocessing);
  if (small) return small;
  const bitmap = await bitmapOf(new Blob([bytes], { type: typeOf(format) }));
  try {
    requireSmall(bitmap.width, bitmap.height);
    const needed = enough(bitmap, preprocessing);
    const factor = format === "jpeg" ? draft(bitmap, needed) : 1;
    const picture = pixelsOf(bitmap);
    return shrunk(factor > 1 ? reduce(picture, factor, factor) : picture, needed);
  } finally {
    bitmap.close();
  }
}

/** A JPEG of at least twice the needed size, decoded small; null for others. */
function smallJpeg(bytes, preprocessing) {
  try {
    const header = readHeader(bytes);
    requireSmall(header.width, header.height);
    const needed = enough(header, preprocessing, header.orientation > 4);
    const factor = draft(header, needed);
    return factor > 1 ? turned(shrunk(decodeScaled(bytes, factor), needed), header.orientation) : null;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return null; // damaged or of a rare kind, wherever that was noticed: the browser decides
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

/** The width and height that suffice, for a picture that may still lie on its side. */
function enough({ width, height }, { width: across, height: down, look = 0, resample }, lies = false) {
  if (resample === "point") return [width, height];
  const scale = look / Math.max(width, height);
  const [least, other] = lies ? [down, across] : [across, down];
  return [Math.max(least, Math.ceil(width * scale)), Math.max(other, Math.ceil(height * scale))];
}

/** The factor by which Python shrinks a JPEG while it decodes it: 1, 2, 4 or 8. */
function draft({ width, height }, [across, down]) {
  const room = Math.min(Math.floor(width / across), Math.floor(height / down));
  return [8, 4, 2].find((factor) => room >= factor) ?? 1;
}

/** Shrink a picture that is still much too large by a whole factor, as Python does. */
function shrunk(picture, [across, down]) {
  const factor = Math.min(Math.floor(picture.width / (2 * across)), Math.floor(picture.height / (2 * down)));
  return factor > 1 ? reduce(picture, factor, factor) : picture;
}
