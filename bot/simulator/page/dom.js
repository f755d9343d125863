// Functions that build elements. Data become text nodes or attributes, never markup.

const SVG = "http://www.w3.org/2000/svg";

// Name of an icon -> its SVG path in a square of 24 by 24.
const ICONS = {
  attach: "M8 12.5 14.6 6a3.2 3.2 0 0 1 4.5 4.500l-8.3 8.300a5 5 0 0 1-7.1-7.100L11.5 4",
  keyboard: "M3 6.500h18v11H3zM6.5 10h.01M10 10h.01M13.5 10h.01M17 10h.01M8 14h8",
  send: "M4 12 20 4l-5 16-3.5-6.500zM11.5 13.5 20 4",
  more: "M12 5.500h.01M12 12h.01M12 18.500h.01",
  down: "M12 4v15M5.5 12.5 12 19l6.5-6.5",
  close: "M6 6l12 12M18 6 6 18",
  photo: "M4 5h16v14H4zM4 16l5-5 4 4 2.5-2.500L20 17M15 9h.01",
  video: "M3 6h12v12H3zM15 10.5 21 7v10l-6-3.5",
  document: "M6 3h8l5 5v13H6zM14 3v5h5M9 13h6M9 17h6",
  voice: "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11.500a6.5 6.5 0 0 0 13 0M12 18v3",
  location: "M12 21s7-6.3 7-11.500a7 7 0 0 0-14 0C5 14.7 12 21 12 21zM12 7.500a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
  contact: "M12 4a3.8 3.8 0 1 1 0 7.600A3.8 3.8 0 0 1 12 4zM4.5 20.500a7.5 7.5 0 0 1 15 0",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.700l1-1",
  edit: "M4 20l1-4.500L16 4.500l3.5 3.500L8.5 19zM13.5 7l3.5 3.5",
  reply: "M10 5 4 11l6 6M4 11h9a7 7 0 0 1 7 7v1",
  copy: "M8 8h12v12H8zM16 8V4H4v12h4",
};

/**
 * Returns a new element. `attributes.on` maps events to listeners; `true` sets an empty attribute;
 * false, null and undefined set none. Children are nodes, texts or arrays; null is skipped.
 */
export function createElement(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else if (value === true) {
      node.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      node.setAttribute(name, value);
    }
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Returns the SVG of an icon; `name` is a key of ICONS. */
export function createIcon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Returns the first element of the document that matches, or null. */
export function findElement(selector) {
  return document.querySelector(selector);
}

/** Returns a round picture with a person's initials. The colour depends on the id. */
export function createAvatar(id, name) {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  const initials = letters.map((word) => [...word][0].toUpperCase()).join("");
  const node = createElement("span", { class: "avatar", "aria-hidden": "true" }, initials || "?");
  node.style.setProperty("--hue", String((id * 137) % 360));
  return node;
}

/** A cache of list rows. A row is rebuilt only if its content changed, so it keeps the focus. */
export class RowCache {
  #known = new Map();

  /** Returns the row of a key. Builds it if `print`, a string of its content, has changed. */
  getRow(key, print, build) {
    const known = this.#known.get(key);
    if (known?.print === print) return known.node;
    const node = build();
    this.#known.set(key, { print, node });
    return node;
  }

  /** Forgets all rows, so that they are rebuilt. */
  clear() {
    this.#known.clear();
  }
}

/** Makes `rows` the children of `list`. Rows in the right position are not moved. */
export function arrangeRows(list, rows) {
  const wanted = new Set(rows);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  rows.forEach((row, index) => {
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
}
