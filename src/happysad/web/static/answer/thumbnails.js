// Small copies of pictures for the gallery, one made after the other: a browser that holds two
// thousand photographs in full size would hold nothing else.

const SIDE = 320;
let line = Promise.resolve();

/** Return the address of a small copy; null where the browser cannot read the picture, undefined
 *  where it was not wanted any more when its turn came. */
export function thumbnail(picture, wanted) {
  const made = line.then(async () => {
    if (picture.url) return picture.prediction && (picture.explanation?.picture ?? null); // small already
    if (picture.small === undefined && wanted()) picture.small = await shrink(picture.blob);
    return picture.small;
  });
  line = made.catch(() => {});
  return made;
}

/** Free what the browser holds for a picture. */
export function forget(picture) {
  if (picture.small) URL.revokeObjectURL(picture.small);
  if (picture.address) URL.revokeObjectURL(picture.address);
}

async function shrink(blob) {
  if (!blob) return null;
  let whole;
  try {
    whole = await createImageBitmap(blob);
  } catch {
    return null; // a format that the server reads and the browser does not, or no picture
  }
  const scale = Math.min(1, SIDE / Math.max(whole.width, whole.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(whole.width * scale));
  canvas.height = Math.max(1, Math.round(whole.height * scale));
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(whole, 0, 0, canvas.width, canvas.height);
  whole.close();
  const small = await new Promise((done) => canvas.toBlob(done, "image/webp", 0.85));
  return small && URL.createObjectURL(small);
}
