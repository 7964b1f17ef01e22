// What the check found, in a few groups, and what one click can do about it.

import { byId, element, text } from "../shared/page.js";
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

export class Findings {
  constructor(desk) {
    this.desk = desk;
    this.open = new Set();
    this.drawn = "";
  }

  show() {
    const { state } = this.desk;
    const now = JSON.stringify([state.findings, state.pictures.map((one) => [one.id, one.decision, one.label])]);
    if (now === this.drawn) return;
    this.drawn = now;
    const groups = GROUPS.map((group) => this.#group(group, this.#of(group))).filter(Boolean);
    byId("findings").replaceChildren(...groups, ...this.#decided());
    if (!byId("findings").children.length) byId("findings").append(...this.#nothing());
  }

  #of({ codes, severity }) {
    const mine = this.desk.state.findings.filter(({ code, severity: grave }) =>
      codes ? codes.includes(code) : grave === severity && !APART.includes(code) && !OWN.includes(code),
    );
    return mine.flatMap(({ code, pictures }) => pictures.map((picture) => ({ ...picture, code })));
  }

  #nothing() {
    const { reading, pictures } = this.desk.state;
    const done = reading && reading.done >= reading.total;
    const words = !pictures.length ? "What is wrong with pictures is said here as they come in." : done ? "Nothing was found that is wrong with these pictures." : "Looking…";
    const said = text("p", words);
    said.className = "soft";
    return [said];
  }

  #group(group, found) {
    if (!found.length) return null;
    const sets = group.key === "both" ? together(found) : found.map((one) => [one]);
    const details = element("details", { class: `finding ${group.key}`, "data-group": group.key, "data-count": sets.length });
    details.open = this.open.has(group.key);
    details.addEventListener("toggle", () => this.open[details.open ? "add" : "delete"](group.key));
    details.append(text("summary", group.title(sets.length)), explained(group.words));
    const list = element("ul", { class: "rows" });
    list.append(...sets.slice(0, MOST).map((set) => (group.key === "both" ? this.#both(set) : this.#row(group, set[0]))));
    details.append(list);
    if (sets.length > MOST) details.append(explained(`And ${sets.length - MOST} more.`));
    return details;
  }

  #row({ key }, found) {
    const picture = this.desk.byPicture.get(found.id);
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
  #both(set) {
    const pictures = set.map(({ id }) => this.desk.byPicture.get(id)).filter(Boolean);
    const item = row(pictures[0], pictures.map((one) => one.file).join(" · "), "");
    const actions = item.querySelector(".actions");
    for (const name of this.desk.state.classes) {
      const others = pictures.filter((one) => one.home !== name);
      const decisions = others.map((one) => ({ picture: one.id, choice: "drop", suggested: "" }));
      actions.append(action(`It is ${name}`, () => this.desk.decide(decisions, `Only the copy in ${name} is used.`)));
    }
    return item;
  }

  #decided() {
    const mine = this.desk.state.pictures.filter(({ decision }) => decision === "drop" || decision === "relabel");
    if (!mine.length) return [];
    const details = element("details", { class: "finding decided", "data-group": "decided", "data-count": mine.length });
    details.open = this.open.has("decided");
    details.addEventListener("toggle", () => this.open[details.open ? "add" : "delete"]("decided"));
    const list = element("ul", { class: "rows" });
    for (const picture of mine.slice(0, MOST)) {
      const words = nameOf(picture.file);
      const item = row(picture, words, picture.decision === "drop" ? "Set aside." : `From ${picture.home} to ${picture.label}.`);
      const undo = () => this.desk.decide([{ picture: picture.id, choice: null, suggested: "" }], `${words} is as it was.`);
      item.querySelector(".actions").append(action("Undo", undo, { label: `Undo for ${words}` }));
      list.append(item);
    }
    details.append(text("summary", `${several(mine.length, "decision")} of yours`), explained("The files stay where they are; a list says what is done with them."), list);
    return [details];
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
