// The model in a thread of its own, so that the page never stands still.

import { Predictor } from "./predictor.js";
import { useProgram } from "./runtime.js";

const MODEL = new URL("../../model/", import.meta.url);
const PROGRAM = new URL("../../runtime/ort-wasm-simd-threaded.wasm", import.meta.url);
const PROGRAM_BYTES = 14_239_897; // near enough for a bar that fills

async function start() {
  const manifest = JSON.parse(new TextDecoder().decode(await fetchFile("model.json")));
  const sizes = Object.values(manifest.graphs).map(({ bytes }) => bytes);
  const total = sizes.reduce((sum, size) => sum + size, PROGRAM_BYTES);
  let done = 0;
  const told = (bytes) => postMessage({ kind: "loading", done: (done += bytes), total });
  useProgram(await fetchBytes(PROGRAM, told));
  const predictor = await Predictor.load(manifest, async (name) => {
    const { file, sha256 } = manifest.graphs[name];
    const bytes = await fetchFile(file, told);
    await requireSame(bytes, sha256, file);
    return bytes;
  });
  postMessage({ kind: "ready", manifest });
  postMessage({ kind: "checked", apart: await predictor.verify(fetchFile) });
  return predictor;
}

function fetchFile(name, told) {
  return fetchBytes(new URL(name, MODEL), told);
}

/** The bytes of a file; `told` is called with how many have come. */
async function fetchBytes(address, told = () => {}) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address.pathname} is not there (${answer.status}).`);
  const pieces = [];
  const reader = answer.body.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    pieces.push(piece.value);
    told(piece.value.length);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/** Refuse a graph that was not copied whole. Only pages from https or this machine can tell. */
async function requireSame(bytes, sha256, file) {
  if (!self.crypto?.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== sha256) throw new Error(`model/${file} is damaged. Export the model again.`);
}

const starting = start();
starting.catch((error) => postMessage({ kind: "trouble", message: error.message }));
let last = starting;

self.onmessage = ({ data }) => {
  // One after the other: the runtime computes one picture at a time.
  last = last.then(() => answer(data));
};

async function answer({ id, blob, name, explain }) {
  try {
    const predictor = await starting;
    const bytes = new Uint8Array(await blob.arrayBuffer());
    postMessage({ kind: "answer", id, prediction: await predictor.predict(bytes, name, { explain }) });
  } catch (error) {
    postMessage({ kind: "failure", id, message: error.message });
  }
}
