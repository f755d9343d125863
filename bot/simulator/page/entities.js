// Build elements for text with Telegram's entities. Offsets are in UTF-16 units, as in JavaScript.

import { createElement } from "./dom.js";
import { translate } from "./words.js";

const PLAIN_TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
};

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);

/**
 * Returns a document fragment of the text with its entities.
 *
 * handlers.command(text): called when a command is clicked
 * handlers.link(url): called when a link is clicked; true prevents that the browser opens it
 */
export function createText(text, entities = [], handlers) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const fragment = document.createDocumentFragment();
  fragment.append(...createNodes(text, sorted, 0, text.length, handlers));
  return fragment;
}

/** Returns the nodes for text[from:to]. `entities` are sorted by offset, outer ones first. */
function createNodes(text, entities, from, to, handlers) {
  const nodes = [];
  let at = from;
  let next = 0;
  while (next < entities.length) {
    const entity = entities[next];
    next += 1;
    const start = Math.max(entity.offset, at);
    const end = Math.min(entity.offset + entity.length, to);
    if (end <= start) continue;
    const inner = [];
    while (next < entities.length && entities[next].offset < end) inner.push(entities[next++]);
    if (start > at) nodes.push(text.slice(at, start));
    const node = createEntityElement(entity, text.slice(start, end), handlers);
    node.append(...createNodes(text, inner, start, end, handlers));
    nodes.push(node);
    // A block ends its line itself, so a newline after it would show as an empty line.
    at = BLOCKS.has(entity.type) && text[end] === "\n" ? end + 1 : end;
  }
  if (at < to) nodes.push(text.slice(at, to));
  return nodes;
}

/** Returns the empty element for an entity. `content` is its text. */
function createEntityElement(entity, content, handlers) {
  const type = entity.type;
  if (PLAIN_TAGS[type]) return createElement(PLAIN_TAGS[type]);
  if (type === "pre") return createElement("pre", { "data-language": entity.language });
  if (type === "expandable_blockquote") return createFoldedQuotation();
  if (BLOCKS.has(type)) return createElement("blockquote");
  if (type === "spoiler") return createSpoiler();
  if (type === "text_link") return createLink(entity.url, handlers);
  if (type === "url") return createLink(addScheme(content), handlers);
  if (type === "email") return createLink(`mailto:${content}`, handlers);
  if (type === "phone_number") return createLink(`tel:${content.replace(/[^+\d]/gu, "")}`, handlers);
  if (type === "bot_command") return createCommandButton(content, handlers);
  return createElement("span", { class: `entity-${String(type).replace(/\W/gu, "")}` });
}

const addScheme = (address) => (/^[a-z][a-z0-9+.-]*:/iu.test(address) ? address : `https://${address}`);

/** Returns the URL if its scheme is http, https, mailto or tel, else null. */
export function getSafeUrl(address) {
  try {
    const parsed = new URL(address);
    return ["http:", "https:", "mailto:", "tel:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

function createLink(address, handlers) {
  const href = getSafeUrl(address);
  if (href === null) return createElement("span");
  const follow = (event) => {
    if (handlers.link(href)) event.preventDefault();
  };
  return createElement("a", { href, target: "_blank", rel: "noopener noreferrer", on: { click: follow } });
}

function createCommandButton(content, handlers) {
  const send = () => handlers.command(content);
  return createElement("button", { type: "button", class: "command-link", on: { click: send } });
}

/** Returns an element that hides its text until it is clicked. */
function createSpoiler() {
  return revealAtClick(createElement("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": translate("spoiler") }));
}

/** Returns a quotation of which three lines are shown until it is clicked, as in Telegram. */
function createFoldedQuotation() {
  return revealAtClick(createElement("blockquote", { class: "folded", role: "button", tabindex: "0", "data-testid": "folded" }));
}

/** Returns the element; a click, Enter or the space bar shows it whole. */
function revealAtClick(node) {
  const reveal = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    node.classList.add("shown");
    for (const name of ["role", "tabindex", "aria-label"]) node.removeAttribute(name);
  };
  node.addEventListener("click", reveal);
  node.addEventListener("keydown", reveal);
  return node;
}
