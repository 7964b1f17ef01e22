// One picture of the workspace, small, wherever it appears on the page.

import { element, text } from "../shared/page.js";

/** Return an <img>, or a place holder for a file that cannot be shown. */
export function thumbnail(picture, words = picture?.file ?? "") {
  if (!picture?.id || picture.shown === false) return blank(words);
  const image = element("img", { src: `/api/teach/thumbnails/${picture.id}`, alt: words, loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(blank(words)));
  return image;
}

function blank(words) {
  const box = element("span", { class: "blank", role: "img", "aria-label": `${words}: cannot be shown` });
  box.append(text("span", "no picture"));
  return box;
}

/** Return a button that does one thing to one picture. */
export function action(words, work, { label = words, kind = "" } = {}) {
  const button = text("button", words);
  button.type = "button";
  button.className = `small-button ${kind}`;
  if (label !== words) button.setAttribute("aria-label", label);
  button.addEventListener("click", work);
  return button;
}

/** Return how a file is called within its class. */
export function nameOf(file) {
  return file.slice(file.indexOf("/") + 1);
}

export function several(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}
