// Pictures on which people disagree: who said what, and a verdict.

import { read } from "../shared/api.js";
import { byId, element, text } from "../shared/page.js";

export class Disputes {
  constructor(desk) {
    this.desk = desk;
  }

  start() {
    this.show();
  }

  async show() {
    try {
      const { disagreements } = await read("/api/disagreements");
      const items = disagreements.map((one) => this.#item(one));
      byId("dispute-list").replaceChildren(...items);
      if (!items.length) byId("dispute-list").append(nobody());
    } catch (problem) {
      this.desk.tell(problem.message);
    }
  }

  #item({ card, said, expects }) {
    const item = element("li");
    const list = element("dl");
    for (const { person, answer } of said) list.append(text("dt", person), text("dd", word(answer)));
    const verdict = element("div", { class: "verdict", role: "group", "aria-label": "What holds" });
    const answers = [...this.desk.classes, "unsure"];
    answers.forEach((answer, place) => {
      const button = text("button", word(answer));
      button.type = "button";
      if (place < 2) button.className = ["first", "second"][place];
      button.addEventListener("click", () => {
        this.desk.label(card, answer, { kind: "settle", expects });
        item.remove();
        if (!byId("dispute-list").children.length) byId("dispute-list").append(nobody());
      });
      verdict.append(button);
    });
    const words = element("div");
    words.append(list, verdict);
    item.append(element("img", { src: `/thumbnails/${card.picture}`, alt: this.desk.caption(card), loading: "lazy" }), words);
    return item;
  }
}

function word(answer) {
  return answer === "unsure" ? "neither" : answer;
}

function nobody() {
  const item = element("li", { class: "empty" });
  item.append(text("b", "Nobody disagrees."), text("span", "Pictures that two people answer differently are listed here."));
  return item;
}
