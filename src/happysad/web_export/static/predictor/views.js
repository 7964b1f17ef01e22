// Looking at a picture in two ways: the whole scene, and every face in it.

import { faceCrop } from "./crops.js";
import { Finder } from "./finder.js";
import { lookedAt, prepare } from "./prepare.js";

const CROPS = 16; // a run of the graph: 64 faces at once would take much memory and gain no time

export class ViewReader {
  /** @param networks {scene, finder, expression}. */
  constructor({ scene, finder, expression }, preprocessing) {
    this.scene = scene;
    this.finder = new Finder(finder);
    this.expression = expression;
    this.preprocessing = preprocessing;
  }

  /**
   * What both views keep of one picture: {scene, faces, places, look}.
   *
   * @param grid whether to keep the scene's cells too.
   */
  async see(picture, { grid = false } = {}) {
    const { width, height, data } = prepare(picture, this.preprocessing);
    const outputs = grid ? ["features", "grid"] : ["features"];
    const scene = await this.scene.run(data, [1, height, width, 3], outputs);
    const look = lookedAt(picture, this.preprocessing);
    const places = await this.finder.find(look);
    const faces = await this.#readFaces(look, places);
    return { scene: scene.features.data, faces, places, look, grid: scene.grid };
  }

  /** The features of each face. */
  async #readFaces(look, places) {
    const { side } = this.expression;
    const faces = [];
    for (let start = 0; start < places.length; start += CROPS) {
      const some = places.slice(start, start + CROPS);
      const batch = new Uint8Array(some.length * side * side * 3);
      some.forEach((place, index) => batch.set(faceCrop(look, place, side).data, index * side * side * 3));
      const { features } = await this.expression.run(batch, [some.length, side, side, 3], ["features"]);
      const width = features.dims[1];
      some.forEach((_, index) => faces.push(features.data.slice(index * width, (index + 1) * width)));
    }
    return faces;
  }
}
