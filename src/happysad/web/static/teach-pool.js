// Pictures that have no label yet: brought here, labelled on a page of their own, then taken over.

import { read, send } from "./api.js";
import { gather } from "./gather.js";
import { byId } from "./page.js";
import { several } from "./teach-tile.js";

export class Pool {
  constructor(desk) {
    this.desk = desk;
    byId("pool-choose").addEventListener("click", () => byId("pool-files").click());
    byId("pool-take").addEventListener("click", () => this.#take());
    gather({ found: (pictures) => this.#bring(pictures), place: byId("pool"), choosers: [byId("pool-files")] });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.refresh());
  }

  async refresh() {
    const { pictures, answered } = await read("/api/teach/pool");
    byId("pool-count").textContent = pictures ? several(pictures, "picture") : "";
    byId("pool-label").hidden = !pictures;
    byId("pool-take").hidden = !answered;
    byId("pool-take").textContent = `Use the ${several(answered, "answer")}`;
  }

  #bring(pictures) {
    if (!pictures.length) return;
    this.desk.uploads.add(pictures, "");
    this.desk.say(`${several(pictures.length, "picture")} without a label.`);
    setTimeout(() => this.refresh(), 500);
  }

  #take() {
    this.desk.attempt(async () => {
      const { taken } = await send("/api/teach/pool/take", {});
      this.desk.say(`${several(taken, "picture")} taken over.`);
      await this.desk.refresh();
      await this.refresh();
    });
  }
}
