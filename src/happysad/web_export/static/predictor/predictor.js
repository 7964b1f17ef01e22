// A model at work: the bytes of a picture in, the answer out; the fields are those of Python.

import { calibrated } from "./calibration.js";
import { decode, Refusal } from "./decode.js";
import { heat } from "./heat.js";
import { prepare } from "./prepare.js";
import { Network } from "./runtime.js";
import { ViewReader } from "./views.js";
import { sceneMap, weigh } from "./weighing.js";

export class Predictor {
  /** @param networks graph name → network. */
  constructor(manifest, networks) {
    this.manifest = manifest;
    this.scene = networks.scene;
    this.views = manifest.kind === "two-view" ? new ViewReader(networks, manifest.preprocessing) : null;
  }

  /**
   * Load a model.
   *
   * @param manifest as it stands in model.json.
   * @param fetchGraph graph name → its bytes.
   */
  static async load(manifest, fetchGraph) {
    const names = Object.keys(manifest.graphs);
    const networks = {};
    // One after the other: the runtime loads one graph at a time.
    for (const name of names) networks[name] = await Network.load(await fetchGraph(name));
    return new Predictor(manifest, networks);
  }

  /**
   * The prediction for the bytes of one picture file; one that cannot be used has its `error`.
   *
   * @param explain whether to add, where the model has two views, what in the scene spoke for what.
   */
  async predict(bytes, source, { explain = false } = {}) {
    let picture;
    try {
      picture = await decode(bytes, this.manifest.preprocessing);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ...this.#nothing(source), error: { code: error.code, message: error.message } };
    }
    const seen = this.views && (await this.views.see(picture, { grid: explain }));
    const reading = seen ? weigh(seen, this.manifest) : await this.#read(picture);
    const prediction = { ...this.#nothing(source), ...reading, ...this.#decide(reading) };
    if (explain) prediction.explanation = { map: seen && (await this.#drawn(seen)) };
    return prediction;
  }

  /** The largest difference between known answers and those given here. */
  async verify(fetchFile) {
    let most = 0;
    for (const { file, probabilities } of this.manifest.golden) {
      const answer = await this.predict(await fetchFile(file), file);
      const given = this.manifest.classes.map((name) => answer.probabilities[name] ?? NaN);
      const apart = Math.max(...given.map((value, index) => Math.abs(value - probabilities[index])));
      if (!(apart <= most)) most = apart;
    }
    return most;
  }

  #nothing(source) {
    const empty = { source, label: null, verdict: null, probabilities: {}, faces: [], views: null };
    // The list of training pictures stays at home: its names are nobody else's.
    return { ...empty, off_topic: null, seen_in_training: null, error: null };
  }

  async #drawn({ grid, look }) {
    const logits = sceneMap(grid, this.manifest.heads.scene);
    return new FileReaderSync().readAsDataURL(await heat(logits, grid.dims.slice(1, 3), look));
  }

  async #read(picture) {
    const { width, height, data } = prepare(picture, this.manifest.preprocessing);
    const { probability } = await this.scene.run(data, [1, height, width, 3], ["probability"]);
    const [first] = probability.data;
    const sigmoid = this.manifest.output === "sigmoid";
    return { probabilities: sigmoid ? [1 - first, first] : [...probability.data] };
  }

  #decide({ probabilities, off_topic: offTopic }) {
    const { classes, temperature, unsure_below: below, off_topic_above: above = 1 } = this.manifest;
    const row = calibrated(probabilities, temperature);
    const best = row.indexOf(Math.max(...row));
    const unsure = row[best] < below || (offTopic ?? 0) > above;
    return {
      label: classes[best],
      verdict: unsure ? "unsure" : classes[best],
      probabilities: Object.fromEntries(classes.map((name, index) => [name, row[index]])),
    };
  }
}
