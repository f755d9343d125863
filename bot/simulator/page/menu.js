// A small menu by a button: the browser's popover gives Escape and closing on a tap outside.

import { el, icon } from "./dom.js";

/** Each item is {words, about?, icon?, testid?, run}; a menu without items shows `empty`. */
export function openMenu(anchor, items, { label, empty = "" }) {
  document.querySelector(".popup")?.remove();
  const popup = el("div", { class: "popup", popover: "auto", role: "menu", "aria-label": label, "data-testid": "popup" });
  popup.append(...items.map((item) => entry(popup, item)));
  if (items.length === 0) popup.append(el("p", { class: "popup-empty" }, empty));
  document.body.append(popup);
  popup.addEventListener("keydown", (event) => move(popup, event));
  popup.addEventListener("toggle", (event) => {
    if (event.newState === "closed") close(popup, anchor);
  });
  popup.showPopover();
  place(popup, anchor);
  popup.querySelector("button")?.focus({ focusVisible: false });
}

function close(popup, anchor) {
  const focused = popup.contains(document.activeElement) || document.activeElement === document.body;
  popup.remove();
  if (focused && anchor.isConnected) anchor.focus({ focusVisible: false });
}

function entry(popup, item) {
  const run = () => {
    popup.hidePopover();
    item.run();
  };
  return el(
    "button",
    { type: "button", role: "menuitem", class: "popup-item", "data-testid": item.testid, on: { click: run } },
    item.icon ? icon(item.icon) : null,
    el("span", { class: "popup-words" }, item.words),
    item.about ? el("span", { class: "popup-about" }, item.about) : null,
  );
}

function place(popup, anchor) {
  const gap = 6;
  const by = anchor.getBoundingClientRect();
  const own = popup.getBoundingClientRect();
  const left = Math.min(Math.max(gap, by.left), innerWidth - own.width - gap);
  const above = by.top - own.height - gap;
  const top = above >= gap ? above : Math.min(by.bottom + gap, innerHeight - own.height - gap);
  popup.style.left = `${Math.max(gap, left)}px`;
  popup.style.top = `${Math.max(gap, top)}px`;
}

function move(popup, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...popup.querySelectorAll("button")];
  const at = items.indexOf(document.activeElement);
  items[(at + step + items.length) % items.length]?.focus();
}
