// The coefficients of a JPEG: its markers and its entropy-coded scans (ITU-T T.81).
//
// Browsers decode JPEGs whole. Python decodes large ones at a half, a quarter or an eighth of
// their size, straight from the coefficients, and no mean of whole pixels gives the same bytes.
// `scaled.js` makes such small pictures of what is read here.

import { Bits, table } from "./huffman.js";

/** Something that this reader leaves to the browser: damage, or a rare kind of JPEG. */
export class Strange extends Error {}

const ZIGZAG = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55,
  62, 63,
];
const MOST_COEFFICIENTS = 130_000_000; // three for every pixel of the largest picture, and some

/** Size and orientation of a JPEG, {width, height, orientation}, from its header alone. */
export function readHeader(bytes) {
  const found = { orientation: 1 };
  for (const { marker, body } of segments(bytes)) {
    if (marker === 0xe1 && found.orientation === 1) found.orientation = orientationIn(body);
    if (isFrame(marker)) return { ...found, height: word(body, 1), width: word(body, 3) };
  }
  throw new Strange("no frame");
}

/**
 * Read all coefficients: {width, height, components, colours}.
 *
 * Each component has across and down, its sampling factors; columns and rows, its size in blocks;
 * quantisers; and coefficients, 64 a block in natural order, block rows one after the other.
 */
export function readCoefficients(bytes) {
  const state = { quantisers: [], codes: { 0: [], 1: [] }, restart: 0, frame: null, jfif: false, adobe: null };
  for (const { marker, body, end } of segments(bytes)) {
    if (isFrame(marker)) state.frame = frameOf(marker, body);
    else if (marker === 0xdb) readQuantisers(body, state.quantisers);
    else if (marker === 0xc4) readCodes(body, state.codes);
    else if (marker === 0xdd) state.restart = word(body, 0);
    else if (marker === 0xe0 && letters(body, 4) === "JFIF") state.jfif = true;
    else if (marker === 0xee && letters(body, 5) === "Adobe") state.adobe = body[11];
    else if (marker === 0xda) readScan(bytes, end, body, state);
  }
  if (!state.frame) throw new Strange("no frame");
  if (state.frame.components.some((one) => !one.quantisers)) throw new Strange("a component without a scan");
  return { ...state.frame, colours: coloursOf(state) };
}

/** Yield the segments of markers up to the end of the picture. */
function* segments(bytes) {
  let at = 2;
  for (;;) {
    while (at < bytes.length && !(bytes[at] === 0xff && isMarker(bytes[at + 1]))) at++;
    if (at + 4 > bytes.length || bytes[at + 1] === 0xd9) return;
    const end = at + 2 + word(bytes, at + 2);
    if (end > bytes.length) throw new Strange("broken off");
    yield { marker: bytes[at + 1], body: bytes.subarray(at + 4, end), end };
    at = end;
  }
}

/** Whether a byte after 0xff is a marker with a segment; restarts and stuffing are none. */
function isMarker(byte) {
  return byte >= 0xc0 && byte < 0xff && !(byte >= 0xd0 && byte <= 0xd8);
}

function isFrame(marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function frameOf(marker, body) {
  if (marker > 0xc2 || body[0] !== 8) throw new Strange("a rare kind");
  const [height, width, count] = [word(body, 1), word(body, 3), body[5]];
  if (!width || !height || (count !== 1 && count !== 3)) throw new Strange("a rare kind");
  const components = Array.from({ length: count }, (_, index) => {
    const [id, factors, quantiser] = body.subarray(6 + index * 3, 9 + index * 3);
    return { id, across: factors >> 4, down: factors & 15, quantiser };
  });
  // A single component is stored block by block, whatever factors it claims.
  if (count === 1) components[0].across = components[0].down = 1;
  const across = Math.max(...components.map((one) => one.across));
  const down = Math.max(...components.map((one) => one.down));
  if (components.some((one) => !one.across || !one.down) || across > 4 || down > 4) throw new Strange("a rare kind");
  const frame = { progressive: marker === 0xc2, width, height, across, down, components };
  frame.unitColumns = Math.ceil(width / (8 * across));
  frame.unitRows = Math.ceil(height / (8 * down));
  const units = frame.unitColumns * frame.unitRows;
  if (components.reduce((sum, one) => sum + units * one.across * one.down * 64, 0) > MOST_COEFFICIENTS) throw new Strange("too large");
  for (const one of components) {
    one.columns = frame.unitColumns * one.across; // with those that only fill up
    one.rows = frame.unitRows * one.down;
    one.ownColumns = Math.ceil((width * one.across) / (8 * across));
    one.ownRows = Math.ceil((height * one.down) / (8 * down));
    one.coefficients = new Int16Array(one.columns * one.rows * 64);
  }
  return frame;
}

function readQuantisers(body, quantisers) {
  for (let at = 0; at < body.length; ) {
    const [wide, index] = [body[at] >> 4, body[at] & 15];
    const values = new Uint16Array(64);
    at++;
    for (let i = 0; i < 64; i++, at += wide ? 2 : 1) values[ZIGZAG[i]] = wide ? word(body, at) : body[at];
    quantisers[index] = values;
  }
}

function readCodes(body, codes) {
  for (let at = 0; at + 17 <= body.length; ) {
    const [kind, index] = [body[at] >> 4, body[at] & 15];
    const lengths = body.subarray(at + 1, at + 17);
    const count = lengths.reduce((sum, length) => sum + length, 0);
    if (kind > 1) throw new Strange("damaged codes");
    codes[kind][index] = table(lengths, body.subarray(at + 17, at + 17 + count));
    at += 17 + count;
  }
}

function readScan(bytes, at, body, state) {
  const { frame } = state;
  if (!frame) throw new Strange("a scan without a frame");
  const count = body[0];
  const parts = Array.from({ length: count }, (_, index) => {
    const [id, tables] = body.subarray(1 + index * 2, 3 + index * 2);
    const component = frame.components.find((one) => one.id === id);
    if (!component) throw new Strange("an unknown component");
    // The table that is there when a component is first read is the one that counts.
    component.quantisers ??= state.quantisers[component.quantiser];
    return { component, dc: state.codes[0][tables >> 4], ac: state.codes[1][tables & 15], last: 0 };
  });
  const [start, end, bits] = body.subarray(1 + count * 2, 4 + count * 2);
  const band = { start, end, high: bits >> 4, low: bits & 15, run: 0 };
  if (!frame.progressive && (start !== 0 || end !== 63 || bits !== 0)) throw new Strange("a rare kind");
  if (end > 63 || start > end) throw new Strange("a rare kind");
  const reader = new Bits(bytes, at);
  const decode = decoderOf(frame.progressive, band);
  let left = state.restart || Infinity;
  forEachUnit(frame, parts, (part, block) => {
    decode(reader, part, part.component.coefficients, block * 64, band);
  }, () => {
    if (--left > 0) return;
    left = state.restart;
    reader.restart();
    band.run = 0;
    for (const part of parts) part.last = 0;
  });
  if (reader.isShort()) throw new Strange("broken off");
}

/** Walk the blocks of a scan in their order; `next` is called between units, not after the last. */
function forEachUnit(frame, parts, visit, next) {
  const alone = parts.length === 1 ? parts[0].component : null;
  const columns = alone ? alone.ownColumns : frame.unitColumns;
  const rows = alone ? alone.ownRows : frame.unitRows;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (alone) visit(parts[0], row * alone.columns + column);
      else for (const part of parts) visitUnit(part, row, column, visit);
      if (row < rows - 1 || column < columns - 1) next();
    }
  }
}

function visitUnit(part, row, column, visit) {
  const { across, down, columns } = part.component;
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) visit(part, (row * down + y) * columns + column * across + x);
  }
}

function decoderOf(progressive, { start, high }) {
  if (!progressive) return whole;
  if (start === 0) return high ? moreOfFirst : first;
  return high ? moreOfRest : rest;
}

function whole(reader, part, data, at) {
  const size = reader.symbol(part.dc);
  part.last += size ? reader.number(size) : 0;
  data[at] = part.last;
  for (let k = 1; k < 64; k++) {
    const symbol = reader.symbol(part.ac);
    const bits = symbol & 15;
    if (bits === 0) {
      if (symbol !== 0xf0) return;
      k += 15;
      continue;
    }
    k += symbol >> 4;
    if (k > 63) throw new Strange("damaged");
    data[at + ZIGZAG[k]] = reader.number(bits);
  }
}

function first(reader, part, data, at, { low }) {
  const size = reader.symbol(part.dc);
  part.last += size ? reader.number(size) : 0;
  data[at] = part.last << low;
}

function moreOfFirst(reader, part, data, at, { low }) {
  data[at] |= reader.take(1) << low;
}

function rest(reader, part, data, at, band) {
  if (band.run > 0) {
    band.run--;
    return;
  }
  for (let k = band.start; k <= band.end; k++) {
    const symbol = reader.symbol(part.ac);
    const [zeros, bits] = [symbol >> 4, symbol & 15];
    if (bits === 0 && zeros < 15) {
      band.run = (1 << zeros) - 1 + (zeros ? reader.take(zeros) : 0);
      return;
    }
    k += zeros;
    if (bits === 0) continue;
    if (k > 63) throw new Strange("damaged");
    data[at + ZIGZAG[k]] = reader.number(bits) * (1 << band.low);
  }
}

function moreOfRest(reader, part, data, at, band) {
  const bit = 1 << band.low;
  let k = band.start;
  if (band.run === 0) {
    for (; k <= band.end; k++) {
      const symbol = reader.symbol(part.ac);
      let zeros = symbol >> 4;
      let fresh = 0;
      if (symbol & 15) fresh = reader.take(1) ? bit : -bit;
      else if (zeros < 15) {
        band.run = (1 << zeros) + (zeros ? reader.take(zeros) : 0);
        break;
      }
      // Coefficients that are known get their next bit on the way past the zeros.
      for (; k <= band.end; k++) {
        const place = at + ZIGZAG[k];
        if (data[place]) refine(reader, data, place, bit);
        else if (zeros-- === 0) break;
      }
      if (fresh && k <= 63) data[at + ZIGZAG[k]] = fresh;
    }
  }
  if (band.run === 0) return;
  for (; k <= band.end; k++) if (data[at + ZIGZAG[k]]) refine(reader, data, at + ZIGZAG[k], bit);
  band.run--;
}

function refine(reader, data, place, bit) {
  if (reader.take(1) && (data[place] & bit) === 0) data[place] += data[place] > 0 ? bit : -bit;
}

/** What three components mean: YCbCr unless the file says otherwise. */
function coloursOf({ frame, jfif, adobe }) {
  if (frame.components.length === 1) return "grey";
  if (jfif) return "ycc";
  if (adobe !== null) return adobe === 0 ? "rgb" : "ycc";
  return String.fromCharCode(...frame.components.map((one) => one.id)) === "RGB" ? "rgb" : "ycc";
}

/** The orientation in an EXIF segment, 1 to 8. */
function orientationIn(body) {
  if (letters(body, 6) !== "Exif\0\0" || body.length < 14) return 1;
  const view = new DataView(body.buffer, body.byteOffset + 6, body.length - 6);
  const little = view.getUint16(0) === 0x4949;
  const start = view.getUint32(4, little);
  if (start + 2 > view.byteLength) return 1;
  const count = view.getUint16(start, little);
  for (let at = start + 2; at < start + 2 + count * 12 && at + 12 <= view.byteLength; at += 12) {
    if (view.getUint16(at, little) !== 0x0112) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

function word(bytes, at) {
  return (bytes[at] << 8) | bytes[at + 1];
}

function letters(bytes, count) {
  return String.fromCharCode(...bytes.subarray(0, count));
}
