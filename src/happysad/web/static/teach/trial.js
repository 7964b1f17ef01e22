// Trying the newest model: by camera, or with a picture that is dropped, pasted or chosen.

import { read } from "../shared/api.js";
import { askFor, settle } from "../shared/asking.js";
import { Detail } from "../shared/detail.js";
import { gather } from "../shared/gather.js";
import { Live } from "../shared/live.js";
import { byId } from "../shared/page.js";
import { sentence } from "../shared/verdict.js";

export class Trial {
  constructor(desk) {
    this.desk = desk;
    this.renew();
  }

  /** Take the model that answers now; what was tried is answered anew. */
  renew() {
    return this.desk.attempt(() => this.#renew());
  }

  async #renew() {
    const model = await read("/v1/model");
    this.model = { ...model, explains: model.kind === "two-view" };
    const own = this.desk.state.classes;
    const same = own.every((name, place) => name === this.model.classes[place]);
    const whose = this.desk.state.trained > 0 ? `Your model ${model.name} answers.` : `Until you have trained one, the model ${model.name} answers.`;
    byId("model").textContent = same ? whose : `${whose} It knows ${this.model.classes.join(" and ")}.`;
    this.detail = new Detail(byId("answer"), this.model);
    if (this.live) this.live.model = this.model;
    else this.#begin();
    if (this.picture) this.#ask([this.picture]);
  }

  #begin() {
    this.live = new Live(this.model, (picture) => this.#ask([picture]), (words) => this.desk.say(words));
    byId("try-choose").addEventListener("click", () => byId("try-files").click());
    gather({ found: (pictures) => this.#ask(pictures), place: byId("ask"), choosers: [byId("try-files")] });
  }

  async #ask([picture]) {
    if (!picture) return;
    this.picture = { name: picture.name, blob: picture.blob, url: picture.url };
    const asked = this.picture;
    await this.desk.attempt(async () => {
      const [prediction] = await askFor([asked], { explain: this.model.explains });
      if (asked !== this.picture) return; // another one has come in the meantime
      settle(asked, prediction);
      this.detail.show(asked);
      this.desk.say(sentence(asked.prediction, this.model));
    });
  }
}
