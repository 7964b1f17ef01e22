// The teaching page: pictures come in, what is found is shown, a model is trained and tried.

import { enter, Problem, read, send } from "../shared/api.js";
import { byId } from "../shared/page.js";
import { Classes } from "./classes.js";
import { Findings } from "./findings.js";
import { Pool } from "./pool.js";
import { Training } from "./training.js";
import { Trial } from "./trial.js";
import { Uploads } from "./uploads.js";

const OFTEN = 400; // ms while something is going on
const SELDOM = 2000;
const UNDO_FOR = 15_000;

/** What all parts of the page share: the pictures as they are, and what can be done with them. */
class Desk {
  constructor(about) {
    this.about = about;
    this.state = { version: -1, trained: -1, classes: about.classes, pictures: [], findings: [] };
    this.byPicture = new Map();
    this.uploads = new Uploads((words) => this.#uploading(words));
  }

  take(state) {
    if (state.version < this.state.version) return; // an answer that was overtaken
    this.state = state;
    this.byPicture = new Map(state.pictures.map((picture) => [picture.id, picture]));
    if (state.trouble !== this.said) this.tell((this.said = state.trouble));
  }

  /** Write down what is to be done with some pictures; the person can take it back at once.
   *  @param decisions [{ picture, choice, suggested }] @param words what was done, in a few words. */
  async decide(decisions, words) {
    const before = decisions.map(({ picture }) => {
      const { decision = null, label } = this.byPicture.get(picture) ?? {};
      return { picture, choice: decision, suggested: decision === "relabel" ? label : "" };
    });
    await this.attempt(async () => {
      await send("/api/teach/decisions", { decisions });
      this.#offerUndo(before, words);
      await this.refresh();
      // The button that was pressed may be gone with its picture: whoever uses keys goes on here.
      if (document.activeElement === document.body) byId("undo").focus({ preventScroll: true });
    });
  }

  /** Do something that the server may refuse, and say so where it does. */
  async attempt(work) {
    try {
      this.tell("");
      return await work();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.tell(problem.message);
      return null;
    }
  }

  say(words) {
    byId("said").textContent = words;
  }

  tell(words) {
    byId("trouble").textContent = words;
    byId("trouble").hidden = !words;
  }

  #offerUndo(before, words) {
    byId("undo-words").textContent = words;
    byId("undo-bar").hidden = false;
    clearTimeout(this.undoing);
    this.undoing = setTimeout(() => (byId("undo-bar").hidden = true), UNDO_FOR);
    byId("undo").onclick = async () => {
      byId("undo-bar").hidden = true;
      byId("findings").focus({ preventScroll: true });
      await this.attempt(() => send("/api/teach/decisions", { decisions: before }));
      this.say("Taken back.");
      await this.refresh();
    };
  }

  #uploading({ waiting, refused }) {
    this.uploaded?.(waiting);
    if (refused.length) this.tell(refused.join(" "));
  }
}

class Page {
  constructor(desk) {
    this.desk = desk;
    this.classes = new Classes(desk);
    this.pool = new Pool(desk);
    this.findings = new Findings(desk);
    this.trial = new Trial(desk);
    this.training = new Training(desk, () => this.trial.renew());
    desk.refresh = () => this.refresh();
    desk.uploaded = (waiting) => this.#uploaded(waiting);
    this.looking = Promise.resolve();
    for (const event of ["dragover", "drop"]) document.addEventListener(event, (one) => one.preventDefault());
    byId("workspace").textContent = desk.about.name;
    byId("place").textContent = desk.about.folder;
    document.title = `${desk.about.name} · teach · happysad`;
  }

  /** Look again and again: often while something is going on. */
  async watch() {
    for (;;) {
      if (document.visibilityState === "visible") await this.refresh();
      await new Promise((done) => setTimeout(done, this.busy ? OFTEN : SELDOM));
    }
  }

  get busy() {
    const { reading } = this.desk.state;
    return this.training.running || this.desk.uploads.waiting > 0 || (reading && reading.done < reading.total);
  }

  /** Look once more. One look follows the other, so that none is overtaken by an older one. */
  refresh() {
    this.next ??= this.looking.then(() => {
      this.next = null;
      this.looking = this.#look();
      return this.looking;
    });
    return this.next;
  }

  #uploaded(waiting) {
    this.classes.uploading(waiting);
    this.pool.news += 1;
    if (!waiting) this.refresh();
  }

  async #look() {
    const { version, trained } = this.desk.state;
    try {
      const state = await read("/api/teach/pictures", { known: version, trained });
      if (!state.same) {
        this.desk.take(state);
        this.classes.show();
        this.findings.show();
        await this.training.show();
      }
      if (!state.same || this.pool.stale) await this.pool.refresh();
      await this.training.refresh();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.desk.tell(problem.message);
      this.lost = true;
      return;
    }
    if (this.lost) this.desk.tell("");
    this.lost = false;
  }
}

try {
  await enter();
  const desk = new Desk(await read("/api/teach/workspace"));
  await new Page(desk).watch();
} catch (problem) {
  byId("trouble").textContent = problem.message;
  byId("trouble").hidden = false;
  if (!(problem instanceof Problem)) throw problem;
}
