// What the check found, in a few groups, and what one click can do about it.

import { byId, element, Made, place, text } from "../shared/page.js";
import { action, nameOf, several, thumbnail } from "./tile.js";

const MOST = 40;
const GROUPS = [
  { key: "broken", title: (n) => `${several(n, "file")} cannot be used`, words: "Left out by themselves. Get them again if you can.", severity: "fault" },
  { key: "both", title: (n) => `${several(n, "picture")} in both classes`, words: "None of the copies is used until you say which class is right.", codes: ["both_classes"] },
  { key: "copies", title: (n) => `${several(n, "copy", "copies")}`, words: "The first of each is used, the others are left out by themselves.", codes: ["exact_duplicate"] },
  { key: "near", title: (n) => `${several(n, "picture")} with a near copy`, words: "All are used. They stay together, so that none is tested on what its copy taught.", codes: ["near_duplicate"] },
  { key: "wrong", title: (n) => `${several(n, "label")} may be wrong`, words: "Models that had not seen these pictures say so. You decide.", codes: ["likely_wrong_label", "off_topic"] },
  { key: "look", title: (n) => `${several(n, "picture")} worth a look`, words: "They are used as they are.", severity: "notice" },
];
const APART = GROUPS.flatMap((group) => group.codes ?? []);
const OWN = ["dropped", "relabelled"]; // decisions; they have a group of their own

const DECIDED = { key: "decided", title: (n) => `${several(n, "decision")} of yours`, words: "The files stay where they are; a list says what is done with them." };

export class Findings {
  constructor(desk) {
    this.desk = desk;
    this.groups = GROUPS.map((about) => new Group(about, (value) => (about.key === "both" ? this.#both(value) : this.#row(about, value))));
    this.decided = new Group(DECIDED, (picture) => this.#decision(picture));
    this.nothing = text("p", "");
    this.nothing.className = "soft";
  }

  show() {
    const { pictures } = this.desk.state;
    const decided = pictures.filter(({ decision }) => decision === "drop" || decision === "relabel");
    const shown = [...this.groups.flatMap((group) => group.show(this.#in(group.about))), ...this.decided.show(decided)];
    if (!shown.length) this.nothing.textContent = this.#ofNothing();
    place(byId("findings"), shown.length ? shown : [this.nothing]);
  }

  /** Return what is shown in a group, one value a row. */
  #in({ key, codes, severity }) {
    const { state, byPicture } = this.desk;
    const mine = state.findings.filter(({ code, severity: grave }) =>
      codes ? codes.includes(code) : grave === severity && !APART.includes(code) && !OWN.includes(code),
    );
    const found = mine.flatMap(({ code, pictures }) => pictures.map((picture) => ({ ...picture, code })));
    if (key !== "both") return found.map((one) => ({ found: one, picture: byPicture.get(one.id) }));
    const sets = together(found).map((set) => set.map(({ id }) => byPicture.get(id)).filter(Boolean));
    return sets.map((pictures) => ({ pictures, classes: state.classes }));
  }

  #ofNothing() {
    const { reading, pictures } = this.desk.state;
    if (!pictures.length) return "What is wrong with pictures is said here as they come in.";
    return reading && reading.done >= reading.total ? "Nothing was found that is wrong with these pictures." : "Looking…";
  }

  #row({ key }, { found, picture }) {
    const words = nameOf(picture?.file ?? "");
    const item = row(picture, words, found.message);
    const actions = item.querySelector(".actions");
    const decide = (choice, suggested, done) => () => this.desk.decide([{ picture: found.id, choice, suggested }], `${words} ${done}.`);
    if (key === "wrong" && found.suggested)
      actions.append(action(`It is ${found.suggested}`, decide("relabel", found.suggested, `now counts as ${found.suggested}`), { label: `${words} is ${found.suggested}` }));
    if (key === "wrong") actions.append(action("Keep", decide("keep", "", "keeps its label"), { label: `The label of ${words} is right` }));
    if (["wrong", "near", "look"].includes(key)) actions.append(action("Set aside", decide("drop", "", "is set aside"), { label: `Set ${words} aside` }));
    return item;
  }

  /** One picture that lies in both classes: all its copies, and a button for each class. */
  #both({ pictures, classes }) {
    const item = row(pictures[0], pictures.map((one) => one.file).join(" · "), "");
    const actions = item.querySelector(".actions");
    for (const name of classes) {
      const others = pictures.filter((one) => one.home !== name);
      const decisions = others.map((one) => ({ picture: one.id, choice: "drop", suggested: "" }));
      actions.append(action(`It is ${name}`, () => this.desk.decide(decisions, `Only the copy in ${name} is used.`)));
    }
    return item;
  }

  #decision(picture) {
    const words = nameOf(picture.file);
    const item = row(picture, words, picture.decision === "drop" ? "Set aside." : `From ${picture.home} to ${picture.label}.`);
    const undo = () => this.desk.decide([{ picture: picture.id, choice: null, suggested: "" }], `${words} is as it was.`);
    item.querySelector(".actions").append(action("Undo", undo, { label: `Undo for ${words}` }));
    return item;
  }
}

/** A group on the page: it stays open, and its rows stay what they are, while others come and go. */
class Group {
  /** @param about see GROUPS. @param item returns the row of a value. */
  constructor(about, item) {
    this.about = about;
    this.made = new Made(item);
    this.element = element("details", { class: `finding ${about.key}`, "data-group": about.key });
    this.summary = element("summary");
    this.list = element("ul", { class: "rows" });
    this.more = explained("");
    this.element.append(this.summary, explained(about.words), this.list, this.more);
  }

  /** Show these values; return the element, or none where there is nothing to show. */
  show(values) {
    const { length } = values;
    this.summary.textContent = this.about.title(length);
    this.element.dataset.count = length;
    place(this.list, this.made.of(values.slice(0, MOST)));
    this.more.textContent = `And ${length - MOST} more.`;
    this.more.hidden = length <= MOST;
    return length ? [this.element] : [];
  }
}

/** Return a picture beside what is said of it, with room for buttons. */
export function row(picture, words, message) {
  const item = element("li");
  const said = element("div");
  said.append(text("bdi", words));
  if (message) said.append(explained(message));
  said.append(element("div", { class: "actions row" }));
  item.append(thumbnail(picture, words), said);
  return item;
}

function explained(words) {
  const said = text("p", words);
  said.className = "soft small";
  return said;
}

/** Put the findings of one picture and its copies together. */
function together(found) {
  const sets = [];
  for (const one of found) {
    const mine = sets.filter((set) => set.some((other) => one.related.includes(other.id) || other.related.includes(one.id)));
    const rest = sets.filter((set) => !mine.includes(set));
    sets.splice(0, sets.length, ...rest, [...mine.flat(), one]);
  }
  return sets;
}
