// Pictures that have no label yet: brought here, labelled on a page of their own, then taken over.

import { post, read } from "../shared/api.js";
import { gather } from "../shared/gather.js";
import { byId } from "../shared/page.js";
import { several } from "./tile.js";

const WITHIN = 600_000; // every answered picture is copied

export class Pool {
  constructor(desk) {
    this.desk = desk;
    this.news = 0; // grows when there may be news
    this.seen = 0;
    byId("pool-choose").addEventListener("click", () => byId("pool-files").click());
    byId("pool-take").addEventListener("click", () => this.#take());
    gather({ found: (pictures) => this.#bring(pictures), place: byId("pool"), choosers: [byId("pool-files")] });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#look());
  }

  get stale() {
    return this.seen !== this.news;
  }

  async refresh() {
    const { news } = this;
    const { pictures, answered } = await read("/api/teach/pool");
    this.seen = news;
    byId("pool-count").textContent = pictures ? several(pictures, "picture") : "";
    byId("pool-label").hidden = !pictures;
    byId("pool-take").hidden = !answered;
    byId("pool-take").textContent = `Use the ${several(answered, "answer")}`;
  }

  #bring(pictures) {
    if (!pictures.length) return;
    this.desk.uploads.add(pictures, "");
    this.desk.say(`${several(pictures.length, "picture")} without a label.`);
  }

  #look() {
    this.news += 1;
    return this.desk.refresh();
  }

  async #take() {
    byId("pool-take").disabled = true;
    await this.desk.attempt(async () => {
      const { taken } = await post("/api/teach/pool/take", "{}", { type: "application/json", within: WITHIN });
      this.desk.say(`${several(taken, "picture")} taken over.`);
      await this.#look();
    });
    byId("pool-take").disabled = false;
  }
}
