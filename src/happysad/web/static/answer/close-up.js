// One of many pictures in large, with a way to its neighbours.

import { Detail } from "../shared/detail.js";
import { byId } from "../shared/page.js";
import { count } from "../shared/wording.js";

export class CloseUp {
  /** @param among gives the pictures that are shown, in their order. */
  constructor(model, among) {
    this.among = among;
    this.dialog = byId("close-up");
    this.detail = new Detail(byId("close-up-view"), model);
    this.picture = null;
    byId("close").addEventListener("click", () => this.dialog.close());
    byId("previous").addEventListener("click", () => this.#step(-1));
    byId("next").addEventListener("click", () => this.#step(+1));
    this.dialog.addEventListener("click", (event) => this.#isBeside(event) && this.dialog.close());
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") this.#step(-1);
      if (event.key === "ArrowRight") this.#step(+1);
    });
  }

  open(picture) {
    this.picture = picture;
    this.dialog.showModal();
    this.refresh();
  }

  refresh() {
    if (!this.dialog.open) return;
    const all = this.among();
    const place = all.indexOf(this.picture);
    this.detail.show(this.picture);
    byId("place").textContent = place < 0 ? "" : `${count(place + 1)} of ${count(all.length)}`;
    byId("previous").disabled = place <= 0;
    byId("next").disabled = place === all.length - 1;
    // A button that is disabled loses the focus, and with it the arrow keys.
    if (document.activeElement.disabled) byId("close").focus();
  }

  /** Whether a click fell on the dark beside the dialog. */
  #isBeside({ target, clientX, clientY }) {
    const { left, right, top, bottom } = this.dialog.getBoundingClientRect();
    return target === this.dialog && (clientX < left || clientX > right || clientY < top || clientY > bottom);
  }

  #step(by) {
    const all = this.among();
    const next = all[all.indexOf(this.picture) + by];
    if (!next) return;
    this.picture = next;
    this.refresh();
  }
}
