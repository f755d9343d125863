// A bot's two keyboards: inline buttons below a message, and the reply keyboard above the composer.

import { showToast } from "./dialog.js";
import { createElement } from "./dom.js";
import { getSafeUrl } from "./entities.js";
import { translate } from "./words.js";

/** Returns the inline buttons of a message. `presses`: ButtonPresses; `handlers`: see createText. */
export function createInlineKeyboard(message, rows, presses, handlers) {
  const board = createElement("div", { class: "inline-keyboard", role: "group", "aria-label": translate("inline.label") });
  rows.forEach((row, rowNumber) => {
    const buttons = row.map((button, columnNumber) =>
      createInlineButton(message, button, `${rowNumber}.${columnNumber}`, presses, handlers),
    );
    board.append(createElement("div", { class: "button-row" }, buttons));
  });
  return board;
}

/** Returns an inline button. `place` is its "row.column", counted from 0. */
function createInlineButton(message, button, place, presses, handlers) {
  const attributes = { class: "inline-button", "data-testid": "inline-button", "data-place": place, title: button.text };
  if (button.url) return createUrlButton(button, attributes, handlers);
  const press = (event) => {
    if (button.callback_data === undefined) showToast(translate("inline.unable"));
    else presses.press(message, button, place, event.currentTarget);
  };
  const busy = presses.isPending(message, place);
  const state = { "aria-busy": busy ? "true" : null, type: "button", on: { click: press } };
  return createElement("button", { ...attributes, ...state }, createElement("span", {}, button.text));
}

function createUrlButton(button, attributes, handlers) {
  const href = getSafeUrl(button.url);
  const follow = (event) => {
    if (href === null || handlers.link(href)) event.preventDefault();
  };
  return createElement(
    "a",
    {
      ...attributes,
      href: href ?? "#",
      target: "_blank",
      rel: "noopener noreferrer",
      "aria-label": translate("inline.newtab", { text: button.text }),
      on: { click: follow },
    },
    createElement("span", {}, button.text),
    createElement("span", { class: "outward", "aria-hidden": "true" }, "↗"),
  );
}

/** Shows a reply keyboard in an element; returns false if it has no buttons. */
export function fillReplyKeyboard(element, markup, onPress) {
  const rows = (markup?.keyboard ?? []).map((row) =>
    row.map((button) => (typeof button === "string" ? { text: button } : button)),
  );
  element.replaceChildren(...rows.map((row) => createElement("div", { class: "button-row" }, row.map((one) => createReplyButton(one, onPress)))));
  return rows.length > 0;
}

function createReplyButton(button, onPress) {
  const press = () => onPress(button);
  const attributes = { type: "button", class: "reply-button", "data-testid": "reply-button", on: { click: press } };
  return createElement("button", attributes, createElement("span", {}, button.text));
}
