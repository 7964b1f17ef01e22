// Pictures that people bring: dropped, pasted, chosen, or named by their address.
// Each is { name, blob } or, for an address, { name, url }.

const BY_NAME = new Intl.Collator("en", { numeric: true }); // 2.jpg before 10.jpg

/** Return the pictures of a drop; folders are walked. Call it within the event itself: what was
 *  dropped can be read only then. */
export function fromDrop(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const dropped = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile()).filter(Boolean);
  const address = transfer.getData("text/uri-list");
  if (!dropped.length) return Promise.resolve(fromWords(address));
  return Promise.all(dropped.map((one) => (one instanceof File ? named(one) : walk(one)))).then(inOrder);
}

/** Return the files of an <input type="file">, with their paths where a folder was chosen. */
export function fromFiles(files) {
  return inOrder([...files].map((file) => named(file, file.webkitRelativePath)));
}

/** Return what was pasted: pictures, or addresses in a text. */
export function fromPaste(transfer) {
  const files = [...transfer.files].map((file) => named(file));
  return files.length ? files : fromWords(transfer.getData("text/plain"));
}

/** Return the addresses in a text, one picture each. */
export function fromWords(words) {
  const addresses = words.split(/\s+/).filter((word) => /^https?:\/\//i.test(word));
  return [...new Set(addresses)].map((url) => ({ name: url, url }));
}

/** Let a page take pictures in all these ways.
 *  @param found called with a list of pictures, which may be empty.
 *  @param place where drops and pastes are taken; the whole page unless told.
 *  @param choosers inputs of type file.
 *  @param address form with one text field for addresses. */
export function gather({ found, place = document.documentElement, choosers = [], address = null }) {
  let depth = 0; // dragging over a child leaves its parent
  const over = (change) => place.classList.toggle("dragged-over", (depth += change) > 0);
  place.addEventListener("dragenter", (event) => (event.preventDefault(), over(+1)));
  place.addEventListener("dragleave", () => over(-1));
  place.addEventListener("dragover", (event) => event.preventDefault());
  place.addEventListener("drop", async (event) => {
    event.preventDefault();
    over(-depth);
    found(await fromDrop(event.dataTransfer));
  });
  place.addEventListener("paste", (event) => {
    if (isField(event.target) && !event.clipboardData.files.length) return; // a field takes words
    const pictures = fromPaste(event.clipboardData);
    if (!pictures.length) return;
    event.preventDefault();
    found(pictures);
  });
  for (const chooser of choosers)
    chooser.addEventListener("change", () => {
      const pictures = fromFiles(chooser.files);
      chooser.value = ""; // choosing the same again is a change, too
      found(pictures);
    });
  address?.addEventListener("submit", (event) => {
    event.preventDefault();
    const pictures = fromWords(address.querySelector("input").value);
    if (pictures.length) address.reset();
    found(pictures);
  });
}

function isField(target) {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

function named(file, path = "") {
  return { name: path || file.name, blob: file };
}

function inOrder(pictures) {
  return pictures.flat().sort((one, other) => BY_NAME.compare(one.name, other.name));
}

/** Return the files in an entry of a drop. Of folders, not those whose name begins with a dot. */
async function walk(entry, inFolder = false) {
  if (inFolder && entry.name.startsWith(".")) return [];
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    const file = await new Promise((done) => entry.file(done, () => done(null)));
    // What cannot be opened is brought all the same: its bytes are missing, and it is told so.
    return [named(file ?? new File([], entry.name), path)];
  }
  const inside = await list(entry.createReader());
  return (await Promise.all(inside.map((one) => walk(one, true)))).flat();
}

/** Return all entries of a folder: a browser gives a hundred at a time. */
async function list(reader) {
  const all = [];
  for (;;) {
    const some = await new Promise((done) => reader.readEntries(done, () => done([])));
    if (!some.length) return all;
    all.push(...some);
  }
}
