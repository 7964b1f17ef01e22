// Which format some bytes are, decided by their content alone, and whether they are all there.

/** A picture that cannot be used; `code` is the same stable word as in Python. */
export class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const TYPES = {
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  gif: "image/gif",
  bmp: "image/bmp",
  avif: "image/avif",
};

/** The media type of a format. */
export function typeOf(format) {
  return TYPES[format];
}

/** The format of a file's bytes. */
export function sniff(bytes) {
  if (bytes.length === 0) throw new Refusal("zero_bytes", "The file is empty; download or copy it again.");
  const head = letters(bytes, 0, 32);
  if (head.startsWith("\xff\xd8\xff")) return "jpeg";
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (head.startsWith("RIFF") && head.slice(8, 12) === "WEBP") return "webp";
  if (head.startsWith("GIF87a") || head.startsWith("GIF89a")) return "gif";
  if (head.startsWith("BM")) return "bmp";
  if (head.slice(4, 8) === "ftyp" && /avi[fs]/.test(head.slice(8))) return "avif";
  if (/^(II[*+]\0|MM\0[*+])/.test(head)) {
    throw new Refusal("unsupported_format", "Browsers cannot read TIFF; save it as PNG or JPEG.");
  }
  if (/^\s*<(!doctype html|html|head|body|script|title|meta)/i.test(letters(bytes, 0, 256))) {
    throw new Refusal("html", "A web page saved under a picture's name; download the picture itself.");
  }
  throw new Refusal("unsupported_format", "No picture format that browsers read; save it as PNG or JPEG.");
}

/** Refuse a file that breaks off: browsers would fill the rest with grey. */
export function requireWhole(bytes, format) {
  if (isWhole(bytes, format)) return;
  throw new Refusal("truncated", "The file breaks off before the picture's end; download or copy it again.");
}

function isWhole(bytes, format) {
  if (format === "jpeg") return lastPair(bytes, 0xff, 0xd9) > lastPair(bytes, 0xff, 0xda);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (format === "webp") return bytes.length >= 12 && view.getUint32(4, true) + 8 <= bytes.length;
  if (format !== "png") return true;
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    if (letters(bytes, at + 4, at + 8) === "IEND") return true;
  }
  return false;
}

function lastPair(bytes, first, second) {
  let at = bytes.length;
  do at = bytes.lastIndexOf(first, at - 1);
  while (at > 0 && bytes[at + 1] !== second);
  return at;
}

function letters(bytes, start, end) {
  return String.fromCharCode(...bytes.subarray(start, end));
}
