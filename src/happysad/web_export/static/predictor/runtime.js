// Running the graphs of a model: the one place where ONNX Runtime is asked.

import * as ort from "../../runtime/ort.wasm.bundle.min.js";

// Threads need a page that is isolated from all others, which takes headers that most servers of
// plain files do not send.
ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency || 1) : 1;
ort.env.logLevel = "error";

/** Take the runtime's program, which is then not fetched again. */
export function useProgram(bytes) {
  ort.env.wasm.wasmBinary = bytes;
}

export class Network {
  /** @param bytes of the graph. */
  static async load(bytes) {
    return new Network(await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] }));
  }

  constructor(session) {
    this.session = session;
    const [{ type, shape }] = session.inputMetadata;
    this.type = type; // uint8 or float32
    this.side = shape[1];
  }

  /**
   * The outputs of these names for one batch: name → {data, dims}.
   *
   * @param pixels RGB, 0 to 255.
   * @param dims [pictures, height, width, 3].
   */
  async run(pixels, dims, outputs) {
    const kind = this.type === "uint8" ? Uint8Array : Float32Array;
    const data = pixels instanceof kind ? pixels : kind.from(pixels);
    const results = await this.session.run({ pixels: new ort.Tensor(this.type, data, dims) }, outputs);
    return Object.fromEntries(outputs.map((name) => [name, { data: results[name].data, dims: results[name].dims }]));
  }
}
