// The labelling page: keys and buttons, the three views, and what they share.

import { enter, freshId, read } from "../shared/api.js";
import { byId, element } from "../shared/page.js";
import { Disputes } from "./disputes.js";
import { Many } from "./many.js";
import { One } from "./one.js";
import { Outbox } from "./outbox.js";
import { Side } from "./side.js";

const PERSON = "happysad:person";

/** What all views share: who answers, how a label is made, and how people are told things. */
class Desk {
  constructor(pool) {
    this.pool = pool;
    this.classes = pool.classes;
    this.person = localStorage.getItem(PERSON) ?? "me";
    this.answered = new Set(); // pictures, by this person, since the page was opened
    this.outbox = new Outbox(pool.id, (waiting, problem) => this.#saving(waiting, problem));
  }

  label(card, answer, { kind = "answer", expects = 0, undoes } = {}) {
    const label = {
      id: freshId(),
      kind,
      picture: card.picture,
      person: this.person,
      answer,
      expects,
      guess_shown: this.guessShown(card),
    };
    if (kind === "answer") this.answered.add(card.picture);
    if (kind === "undo") this.answered.delete(card.picture);
    this.outbox.add(undoes ? { ...label, undoes } : label);
    return label;
  }

  guessShown(card) {
    return byId("show-guess").checked && card.guess !== null;
  }

  guessOf(card) {
    const second = card.guess >= 0.5;
    const share = second ? card.guess : 1 - card.guess;
    return `${this.classes[second ? 1 : 0]}, ${share.toFixed(2)}`;
  }

  /** What may be said of a picture: its name can give the answer away. */
  caption(card) {
    const size = `${card.width} × ${card.height}`;
    return byId("show-names").checked ? `${card.file} · ${size}` : size;
  }

  say(words) {
    byId("said").textContent = words;
  }

  tell(words) {
    byId("trouble").textContent = words ?? "";
    byId("trouble").hidden = !words;
  }

  #saving(waiting, problem) {
    const answers = waiting === 1 ? "One answer waits" : `${waiting} answers wait`;
    const saved = waiting ? `${answers} to be saved.` : "All answers are saved.";
    if (byId("saved").textContent !== saved) byId("saved").textContent = saved;
    if (problem) this.tell(waiting ? `${problem.message} ${answers} in this browser.` : problem.message);
    else if (!waiting && this.troubled) this.tell();
    this.troubled = Boolean(problem) && waiting > 0;
    if (!waiting) this.saved?.();
  }
}

class Page {
  constructor(desk) {
    this.desk = desk;
    this.views = { one: new One(desk), many: new Many(desk), disputes: new Disputes(desk) };
    this.view = "one";
    this.side = new Side(desk);
    desk.saved = () => this.side.refresh();
    this.remember();
    this.name();
    this.listen();
  }

  /** Ask what this person can take back: undo outlives a reload. */
  async remember() {
    const history = (this.history = []);
    const { labels } = await read("/api/recent", { person: this.desk.person });
    // What was answered since this was asked stands in the history already.
    const { answered } = this.desk;
    const earlier = labels.filter(({ card }) => !answered.has(card.picture)).map(({ card, number }) => {
      const id = `number ${number}`;
      this.desk.outbox.know(id, number);
      return [{ card, id }];
    });
    history.unshift(...earlier);
    this.buttons();
  }

  name() {
    const { pool, classes } = this.desk;
    document.title = `${pool.name} · label · happysad`;
    byId("pool").textContent = pool.name;
    byId("person").value = this.desk.person;
    byId("people").replaceChildren(...pool.people.map((value) => element("option", { value })));
    this.button("first").querySelector("span").textContent = classes[0];
    this.button("second").querySelector("span").textContent = classes[1];
    this.buttons();
  }

  button(answer) {
    return document.querySelector(`#answers [data-answer="${answer}"]`);
  }

  buttons() {
    this.button("undo").disabled = !this.history.length;
  }

  listen() {
    document.addEventListener("keydown", (event) => this.key(event));
    byId("answers").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      this.act(button.dataset.answer, event.timeStamp);
      // After a click the keys shall mean what they say, not press that button again.
      if (event.detail > 0) byId("stage").focus({ preventScroll: true });
    });
    document.querySelectorAll("nav button").forEach((button) =>
      button.addEventListener("click", () => this.show(button.dataset.view)),
    );
    byId("person").addEventListener("change", () => this.become(byId("person").value.trim() || "me"));
    for (const hint of ["show-guess", "show-names"])
      byId(hint).addEventListener("change", () => this.views[this.view].show());
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.matches("input:not([type=checkbox])")) return;
    const meant = { ArrowLeft: "first", ArrowRight: "second", " ": "skip", "?": "unsure", u: "undo", U: "undo" };
    const onButton = event.target.closest("button, a, input");
    if (this.view === "many" && (event.key === "a" || event.key === "A")) this.views.many.chooseAll(true);
    else if (this.view === "many" && event.key === "Escape") this.views.many.chooseAll(false);
    else if (!(event.key in meant) || (event.key === " " && onButton)) return;
    else this.act(meant[event.key], event.timeStamp);
    event.preventDefault();
  }

  act(meant, when) {
    if (this.view === "disputes") return;
    flash(this.button(meant));
    if (meant === "undo") this.undo();
    else this.answer({ first: this.desk.classes[0], second: this.desk.classes[1] }[meant] ?? meant, when);
    this.buttons();
  }

  answer(answer, when) {
    if (!this.desk.troubled) this.desk.tell();
    const entry = this.views[this.view].answer(answer, when);
    if (!entry) return;
    this.history.push(entry);
    const pictures = new Set(entry.map(({ card }) => card.picture));
    for (const [name, view] of Object.entries(this.views)) if (name !== this.view) view.remove?.(pictures);
    const word = { skip: "Skipped", unsure: "Neither" }[answer] ?? `Answered ${answer}`;
    this.desk.say(entry.length > 1 ? `${word}, ${entry.length} pictures.` : `${word}.`);
  }

  undo() {
    const entry = this.history.pop();
    if (!entry) return;
    for (const { card, id } of entry) {
      const expects = this.desk.outbox.numbers.get(id) ?? 0;
      this.desk.label(card, "", { kind: "undo", expects, undoes: id });
    }
    this.views[this.view].putBack(entry.map(({ card }) => card));
    this.desk.say(entry.length > 1 ? `Taken back, ${entry.length} pictures.` : "Taken back.");
  }

  show(name) {
    this.view = name;
    for (const view of Object.keys(this.views)) byId(view).hidden = view !== name;
    document.querySelectorAll("nav button").forEach((button) => {
      if (button.dataset.view === name) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
    byId("answers").hidden = name === "disputes";
    this.views[name].show();
  }

  become(person) {
    if (person === this.desk.person) return;
    this.desk.person = person;
    this.desk.answered.clear();
    localStorage.setItem(PERSON, person);
    byId("person").value = person;
    Object.values(this.views).forEach((view) => view.start());
    this.remember();
    this.side.refresh();
    this.desk.say(`You are ${person} now.`);
  }
}

function flash(button) {
  button.classList.add("pressed");
  setTimeout(() => button.classList.remove("pressed"), 120);
}

try {
  await enter();
  const page = new Page(new Desk(await read("/api/pool")));
  document.documentElement.dataset.ready = page.desk.pool.id;
} catch (problem) {
  byId("trouble").textContent = problem.message;
  byId("trouble").hidden = false;
}
