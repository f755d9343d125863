// Build the list item of a message.

import { createElement, createIcon } from "./dom.js";
import { createText } from "./entities.js";
import { createInlineKeyboard } from "./keyboards.js";
import { describeMedia, createMedia } from "./media.js";
import { formatDay, translate, formatTime } from "./words.js";

/** Returns true if a person sent the message, false if the bot did. */
export const isFromPerson = (message) => message.from !== undefined && !message.from.is_bot;

/** Returns one line about a message, for quotes and the list of people. */
export function summarizeMessage(message) {
  const words = message.text ?? message.caption ?? "";
  return [describeMedia(message), words.replace(/\s+/gu, " ").trim()].filter(Boolean).join(" · ");
}

/** Returns the line with the date of a Unix time in seconds. */
export function createDayLine(seconds) {
  return createElement("li", { class: "day", role: "presentation" }, createElement("span", {}, formatDay(seconds)));
}

/**
 * Returns the list item of a message.
 *
 * context.handlers:  {link, command}, called for clicks in the text
 * context.presses:   the ButtonPresses
 * context.find(id):  returns a message of the chat, or null
 * context.show(id):  scrolls to a message
 * context.menu(message, anchor): opens the menu of a message
 */
export function createMessageRow(message, context) {
  const mine = isFromPerson(message);
  const from = mine ? "me" : "bot";
  const item = createElement("li", {
    class: `message from-${from}${message.media_group_id ? " in-album" : ""}`,
    "data-testid": "message",
    "data-message-id": message.message_id,
    "data-from": from,
    tabindex: "-1",
  });
  const stack = createElement("div", { class: "stack" }, createBubble(message, mine, context));
  const rows = message.reply_markup?.inline_keyboard;
  if (rows?.length) stack.append(createInlineKeyboard(message, rows, context.presses, context.handlers));
  const more = createMenuButton(message, context);
  item.append(stack, more);
  item.addEventListener("contextmenu", (event) => {
    // If text is selected, the browser's own menu can copy it.
    if (String(getSelection())) return;
    event.preventDefault();
    context.menu(message, more);
  });
  return item;
}

/** Returns the box with the quote, media, text and time of a message. */
function createBubble(message, mine, context) {
  const media = createMedia(message);
  const text = message.text ?? message.caption;
  const entities = message.entities ?? message.caption_entities;
  const pictured = Boolean(message.photo?.length);
  return createElement(
    "div",
    { class: `bubble${pictured ? " pictured" : ""}${text ? "" : " wordless"}` },
    createElement("span", { class: "sr-only" }, `${translate(mine ? "from.me" : "from.bot")}: `),
    message.forward_origin ? createElement("p", { class: "forwarded" }, translate("forwarded")) : null,
    message.reply_to_message ? createQuote(message.reply_to_message, context) : null,
    media,
    text ? createElement("span", { class: "text", dir: "auto" }, createText(text, entities, context.handlers)) : null,
    media || text ? null : createElement("em", { class: "text" }, translate("message.unknown")),
    createTimestamp(message),
  );
}

function createTimestamp(message) {
  const stamp = new Date(message.date * 1000).toISOString();
  return createElement(
    "span",
    { class: "meta" },
    message.edit_date ? createElement("span", { class: "edited" }, `${translate("edited")} `) : null,
    createElement("time", { datetime: stamp }, formatTime(message.date)),
  );
}

/** Returns the quote of the message that is replied to. A click scrolls to it. */
function createQuote(replied, context) {
  const show = () => context.show(replied.message_id);
  const known = context.find(replied.message_id) ?? replied;
  return createElement(
    "button",
    { type: "button", class: "quote", on: { click: show } },
    createElement("strong", {}, translate(isFromPerson(known) ? "from.me" : "from.bot")),
    createElement("span", {}, summarizeMessage(known) || translate("message.gone")),
  );
}

/** Returns the button that opens the menu of a message. */
function createMenuButton(message, context) {
  const open = (event) => context.menu(message, event.currentTarget);
  return createElement(
    "button",
    {
      type: "button",
      class: "more",
      "data-testid": "message-menu",
      "aria-label": translate("message.menu"),
      "aria-haspopup": "menu",
      on: { click: open },
    },
    createIcon("more"),
  );
}
