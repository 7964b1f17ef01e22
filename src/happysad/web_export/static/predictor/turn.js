// Turning a picture upright.

/** Turn a picture as its EXIF orientation says, 1 to 8. */
export function turned(picture, orientation) {
  if (orientation === 1) return picture;
  const { width, height, data: old } = picture;
  // From 5 on rows become columns; the others are mirrored across, down or both.
  const lies = orientation > 4;
  const right = [2, 3, 7, 8].includes(orientation);
  const lower = [3, 4, 6, 7].includes(orientation);
  const [columns, rows] = lies ? [height, width] : [width, height];
  const data = new Uint8Array(old.length);
  for (let y = 0, at = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, at += 3) {
      const [column, row] = lies ? [y, x] : [x, y];
      const from = ((lower ? height - 1 - row : row) * width + (right ? width - 1 - column : column)) * 3;
      data[at] = old[from];
      data[at + 1] = old[from + 1];
      data[at + 2] = old[from + 2];
    }
  }
  return { width: columns, height: rows, data };
}
