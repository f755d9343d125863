// The two keyboards of a bot: the buttons under a message, and the one above the composer.

import { toast } from "./dialog.js";
import { el } from "./dom.js";
import { safeAddress } from "./entities.js";
import { t } from "./words.js";

export function inlineKeyboard(message, rows, presses, handlers) {
  const board = el("div", { class: "inline-keyboard", role: "group", "aria-label": t("inline.label") });
  rows.forEach((row, rowNumber) => {
    const buttons = row.map((button, columnNumber) =>
      inlineButton(message, button, `${rowNumber}.${columnNumber}`, presses, handlers),
    );
    board.append(el("div", { class: "button-row" }, buttons));
  });
  return board;
}

function inlineButton(message, button, place, presses, handlers) {
  const attributes = { class: "inline-button", "data-testid": "inline-button", "data-place": place };
  if (button.url) return urlButton(button, attributes, handlers);
  const press = (event) => {
    if (button.callback_data === undefined) toast(t("inline.unable"));
    else presses.press(message, button, place, event.currentTarget);
  };
  const busy = presses.isBusy(message, place);
  const state = { "aria-busy": busy ? "true" : null, type: "button", on: { click: press } };
  return el("button", { ...attributes, ...state }, el("span", {}, button.text));
}

function urlButton(button, attributes, handlers) {
  const href = safeAddress(button.url);
  const follow = (event) => {
    if (href === null || handlers.link(href)) event.preventDefault();
  };
  return el(
    "a",
    {
      ...attributes,
      href: href ?? "#",
      target: "_blank",
      rel: "noopener noreferrer",
      "aria-label": t("inline.newtab", { text: button.text }),
      on: { click: follow },
    },
    el("span", {}, button.text),
    el("span", { class: "outward", "aria-hidden": "true" }, "↗"),
  );
}

/** Fills the reply keyboard's place; `choose(button)` is called with the button pressed. */
export function replyKeyboard(place, markup, choose) {
  const rows = (markup?.keyboard ?? []).map((row) =>
    row.map((button) => (typeof button === "string" ? { text: button } : button)),
  );
  place.replaceChildren(...rows.map((row) => el("div", { class: "button-row" }, row.map((one) => replyButton(one, choose)))));
  return rows.length > 0;
}

function replyButton(button, choose) {
  const press = () => choose(button);
  const attributes = { type: "button", class: "reply-button", "data-testid": "reply-button", on: { click: press } };
  return el("button", attributes, el("span", {}, button.text));
}
