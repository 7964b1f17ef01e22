// Making elements: everything that comes from outside is text, never markup.

export function byId(id) {
  return document.getElementById(id);
}

export function element(name, attributes = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

export function text(name, words) {
  const made = element(name);
  made.textContent = words;
  return made;
}

/** Return an element of a drawing. */
export function svg(name, attributes = {}, words = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = words;
  return made;
}
