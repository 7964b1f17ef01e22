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

/** Let a list hold these elements in this order. Those that stay are not touched: they keep the focus,
 *  and a click that has begun on one ends on it. */
export function place(list, elements) {
  const held = document.activeElement;
  const wanted = new Set(elements);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  elements.forEach((one, number) => {
    if (list.children[number] !== one) list.insertBefore(one, list.children[number] ?? null);
  });
  if (held !== document.activeElement && list.contains(held)) held.focus({ preventScroll: true });
}

/** Elements for values: the same value has the same element, however often it is shown. */
export class Made {
  constructor(make) {
    this.make = make;
    this.known = new Map();
  }

  /** Return the elements of these values, and forget all others. */
  of(values) {
    const keys = values.map((value) => JSON.stringify(value));
    this.known = new Map(keys.map((key, number) => [key, this.known.get(key) ?? this.make(values[number])]));
    return [...this.known.values()];
  }
}

/** Return an element of a drawing. */
export function svg(name, attributes = {}, words = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = words;
  return made;
}
