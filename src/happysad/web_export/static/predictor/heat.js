// What in the scene spoke for which class, as a picture to lay over the picture.

const STRONG = 2; // a cell whose logit is this far from 0 is fully coloured
const OPAQUE = 0.78;
const SIDE = 224;
const COLOURS = [
  [0xd5, 0x5e, 0x00],
  [0x00, 0x72, 0xb2],
]; // of the first and the second class, as in the reports

/**
 * The map as a PNG with the picture's proportions, clear where nothing spoke.
 *
 * @param logits cell by cell, row by row.
 * @param shape [rows, columns].
 */
export function heat(logits, [rows, columns], { width, height }) {
  const scale = SIDE / Math.max(width, height);
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(canvas.width, canvas.height);
  const sizes = [...logits].map(Math.abs).sort((one, other) => one - other);
  const strongest = Math.max(STRONG, sizes[Math.floor(0.98 * (sizes.length - 1))]);
  for (let y = 0, at = 0; y < canvas.height; y++) {
    for (let x = 0; x < canvas.width; x++, at += 4) {
      const [row, column] = [((y + 0.5) * rows) / canvas.height - 0.5, ((x + 0.5) * columns) / canvas.width - 0.5];
      const share = between(logits, rows, columns, row, column) / strongest;
      image.data.set(COLOURS[share < 0 ? 0 : 1], at);
      image.data[at + 3] = Math.min(1, Math.abs(share)) ** 0.9 * OPAQUE * 255;
    }
  }
  pen.putImageData(image, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

/** Interpolate between the four nearest cells. */
function between(cells, rows, columns, row, column) {
  const cell = (y, x) => cells[within(y, rows) * columns + within(x, columns)];
  const [y, x] = [Math.floor(row), Math.floor(column)];
  const [down, right] = [row - y, column - x];
  const above = cell(y, x) * (1 - right) + cell(y, x + 1) * right;
  const below = cell(y + 1, x) * (1 - right) + cell(y + 1, x + 1) * right;
  return above * (1 - down) + below * down;
}

function within(place, count) {
  return Math.min(count - 1, Math.max(0, place));
}
