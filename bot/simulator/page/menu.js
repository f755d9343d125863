// A pop-up menu beside a button. The browser's popover closes it on Escape and on a click outside.

import { createElement, createIcon } from "./dom.js";

/**
 * Opens a menu beside `anchor`. An open menu is closed.
 *
 * items: {words, about?, icon?, testid?, run}[]; about: a second line; run: called on a click
 * label: the name of the menu for screen readers
 * empty: the text of a menu without items
 */
export function openMenu(anchor, items, { label, empty = "" }) {
  document.querySelector(".popup")?.remove();
  const popup = createElement("div", { class: "popup", popover: "auto", role: "menu", "aria-label": label, "data-testid": "popup" });
  popup.append(...items.map((item) => createItem(popup, item)));
  if (items.length === 0) popup.append(createElement("p", { class: "popup-empty" }, empty));
  document.body.append(popup);
  popup.addEventListener("keydown", (event) => moveFocus(popup, event));
  popup.addEventListener("toggle", (event) => {
    if (event.newState === "closed") closeMenu(popup, anchor);
  });
  popup.showPopover();
  positionMenu(popup, anchor);
  popup.querySelector("button")?.focus({ focusVisible: false });
}

/** Removes the menu; returns the keyboard focus to `anchor` if the menu had it. */
function closeMenu(popup, anchor) {
  const focused = popup.contains(document.activeElement) || document.activeElement === document.body;
  popup.remove();
  if (focused && anchor.isConnected) anchor.focus({ focusVisible: false });
}

function createItem(popup, item) {
  const run = () => {
    popup.hidePopover();
    item.run();
  };
  return createElement(
    "button",
    { type: "button", role: "menuitem", class: "popup-item", "data-testid": item.testid, on: { click: run } },
    item.icon ? createIcon(item.icon) : null,
    createElement("span", { class: "popup-words" }, item.words),
    item.about ? createElement("span", { class: "popup-about" }, item.about) : null,
  );
}

/** Moves the menu above its anchor, or below it if there is no room. */
function positionMenu(popup, anchor) {
  const gap = 6;
  const by = anchor.getBoundingClientRect();
  const own = popup.getBoundingClientRect();
  const left = Math.min(Math.max(gap, by.left), innerWidth - own.width - gap);
  const above = by.top - own.height - gap;
  const top = above >= gap ? above : Math.min(by.bottom + gap, innerHeight - own.height - gap);
  popup.style.left = `${Math.max(gap, left)}px`;
  popup.style.top = `${Math.max(gap, top)}px`;
}

/** Moves the focus to the next or previous item on an arrow key. */
function moveFocus(popup, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...popup.querySelectorAll("button")];
  const at = items.indexOf(document.activeElement);
  items[(at + step + items.length) % items.length]?.focus();
}
