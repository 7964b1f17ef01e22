// Answers as files, made in the page: a table for people, JSON for programs.

// The columns of "happysad predict --csv".
const COLUMNS = ["source", "label", "verdict", "probability", "probabilities", "faces", "views", "off_topic", "seen_in_training", "error_code", "error_message"];
const FORMULA = /^[=+\-@\t\r]/;

/** Return answers as CSV. */
export function asCsv(predictions) {
  const rows = [COLUMNS, ...predictions.map(row)];
  // Spreadsheets take a table without this mark for something else than UTF-8.
  return "\ufeff" + rows.map((cells) => cells.map(cell).join(",") + "\r\n").join("");
}

/** Return answers as JSON, with the model that gave them. */
export function asJson(predictions, { name, sha256 }) {
  return JSON.stringify({ model: { name, sha256 }, predictions }, null, 1) + "\n";
}

/** Let the browser save a text. */
export function save(text, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function row({ source, label, verdict, probabilities, faces, views, off_topic, seen_in_training, error }) {
  return [
    guarded(source), label, verdict, label === null ? null : probabilities[label],
    JSON.stringify(probabilities), JSON.stringify(faces), views && JSON.stringify(views),
    off_topic, guarded(seen_in_training), error?.code, guarded(error?.message),
  ];
}

/** Keep a spreadsheet from taking a name for a formula. */
function guarded(words) {
  return words && FORMULA.test(words) ? `'${words}` : words;
}

function cell(value) {
  const words = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(words) ? `"${words.replaceAll('"', '""')}"` : words;
}
