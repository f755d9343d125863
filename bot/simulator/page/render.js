// One message as one list item.

import { el, icon } from "./dom.js";
import { renderText } from "./entities.js";
import { inlineKeyboard } from "./keyboards.js";
import { mediaName, renderMedia } from "./media.js";
import { dayOf, t, timeOf } from "./words.js";

export const isMine = (message) => message.from !== undefined && !message.from.is_bot;

/** One line that stands for the message in a quote or in the list of people. */
export function summary(message) {
  const words = message.text ?? message.caption ?? "";
  return [mediaName(message), words.replace(/\s+/gu, " ").trim()].filter(Boolean).join(" · ");
}

export function dayLine(seconds) {
  return el("li", { class: "day", role: "presentation" }, el("span", {}, dayOf(seconds)));
}

/**
 * `context.handlers` is given to the text's links and commands, `context.find(id)` is for quotes,
 * `context.menu(message, anchor)` opens the actions, `context.presses` works the inline buttons.
 */
export function renderMessage(message, context) {
  const mine = isMine(message);
  const from = mine ? "me" : "bot";
  const item = el("li", {
    class: `message from-${from}${message.media_group_id ? " in-album" : ""}`,
    "data-testid": "message",
    "data-message-id": message.message_id,
    "data-from": from,
    tabindex: "-1",
  });
  const stack = el("div", { class: "stack" }, bubble(message, mine, context));
  const rows = message.reply_markup?.inline_keyboard;
  if (rows?.length) stack.append(inlineKeyboard(message, rows, context.presses, context.handlers));
  const more = actions(message, context);
  item.append(stack, more);
  item.addEventListener("contextmenu", (event) => {
    // With text selected, the browser's own menu is the one that is wanted.
    if (String(getSelection())) return;
    event.preventDefault();
    context.menu(message, more);
  });
  return item;
}

function bubble(message, mine, context) {
  const media = renderMedia(message);
  const text = message.text ?? message.caption;
  const entities = message.entities ?? message.caption_entities;
  const pictured = Boolean(message.photo?.length);
  return el(
    "div",
    { class: `bubble${pictured ? " pictured" : ""}${text ? "" : " wordless"}` },
    el("span", { class: "sr-only" }, `${t(mine ? "from.me" : "from.bot")}: `),
    message.forward_origin ? el("p", { class: "forwarded" }, t("forwarded")) : null,
    message.reply_to_message ? quote(message.reply_to_message, context) : null,
    media,
    text ? el("span", { class: "text", dir: "auto" }, renderText(text, entities, context.handlers)) : null,
    media || text ? null : el("em", { class: "text" }, t("message.unknown")),
    meta(message),
  );
}

function meta(message) {
  const stamp = new Date(message.date * 1000).toISOString();
  return el(
    "span",
    { class: "meta" },
    message.edit_date ? el("span", { class: "edited" }, `${t("edited")} `) : null,
    el("time", { datetime: stamp }, timeOf(message.date)),
  );
}

function quote(replied, context) {
  const show = () => context.show(replied.message_id);
  const known = context.find(replied.message_id) ?? replied;
  return el(
    "button",
    { type: "button", class: "quote", on: { click: show } },
    el("strong", {}, t(isMine(known) ? "from.me" : "from.bot")),
    el("span", {}, summary(known) || t("message.gone")),
  );
}

function actions(message, context) {
  const open = (event) => context.menu(message, event.currentTarget);
  return el(
    "button",
    {
      type: "button",
      class: "more",
      "data-testid": "message-menu",
      "aria-label": t("message.menu"),
      "aria-haspopup": "menu",
      on: { click: open },
    },
    icon("more"),
  );
}
