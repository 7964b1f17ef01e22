// The way to the model. On the page of `happysad serve` this leads to a server; here it leads to a
// worker of the page itself, and no picture leaves it.

import { byId } from "./page.js";

const SAME = 1e-3; // how far an answer may be from Python's

export class Problem extends Error {
  constructor(status, detail, retryAfter = null) {
    super(detail);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const waiting = new Map(); // number of a picture → how to settle its promise
let worker = null;
let asked = 0;
let model = null;

/** Load the model. */
export async function enter() {
  worker = new Worker(new URL("../predictor/worker.js", import.meta.url), { type: "module" });
  model = await new Promise((done, fail) => {
    const hear = {
      loading: ({ done, total }) => (byId("loaded").value = done / total),
      ready: ({ manifest }) => done(manifest),
      checked: ({ apart }) => tellChecked(apart),
      trouble: ({ message }) => fail(new Problem(0, `The model cannot be loaded: ${message}`)),
      answer: ({ id, prediction }) => settle(id, (picture) => picture.done(prediction)),
      failure: ({ id, message }) => settle(id, (picture) => picture.fail(new Problem(500, message))),
    };
    worker.onmessage = ({ data }) => hear[data.kind](data);
    worker.onerror = () => fail(new Problem(0, "The model cannot be loaded. Were all files copied?"));
  });
  byId("loading").hidden = true;
}

/** What the model says of itself; there is nothing else to read. */
export async function read() {
  return model;
}

/** Ask about pictures, as one asks a server. */
export async function post(path, body, { signal = null } = {}) {
  const query = new URLSearchParams(path.split("?")[1]);
  const explain = query.get("explain") === "true";
  const files = body instanceof FormData ? body.getAll("file") : [body];
  const predictions = [];
  for (const file of files) {
    signal?.throwIfAborted();
    predictions.push(await ask(file, file.name ?? query.get("name") ?? "", explain));
  }
  return { predictions };
}

function ask(blob, name, explain) {
  return new Promise((done, fail) => {
    const id = asked++;
    waiting.set(id, { done, fail });
    worker.postMessage({ id, blob, name, explain });
  });
}

function settle(id, how) {
  how(waiting.get(id));
  waiting.delete(id);
}

/** Say whether this browser gives the answers that are known. */
function tellChecked(apart) {
  document.body.dataset.apart = apart;
  const count = model.golden.length;
  if (!count) return;
  if (apart <= SAME) {
    const far = apart < 1e-6 ? "a millionth" : apart.toExponential(0);
    byId("checked").textContent = `Checked in this browser: ${count} pictures whose answers are known get the same ones, to ${far}.`;
    return;
  }
  const why = "Settings that blur what pages read of pictures do that.";
  byId("trouble").textContent = `In this browser, pictures whose answers are known get other ones, up to ${apart.toFixed(3)} off. ${why}`;
  byId("trouble").hidden = false;
}
