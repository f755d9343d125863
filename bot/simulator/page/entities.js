// Text with Telegram's entities as elements. Offsets count UTF-16 units, as JS strings do.

import { el } from "./dom.js";
import { t } from "./words.js";

const PLAIN_TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
};

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);

/**
 * The text as a fragment. `handlers.command(text)` is called for a tapped command and
 * `handlers.link(address)` may take a link over by returning true.
 */
export function renderText(text, entities = [], handlers) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const fragment = document.createDocumentFragment();
  fragment.append(...nodesOf(text, sorted, 0, text.length, handlers));
  return fragment;
}

function nodesOf(text, entities, from, to, handlers) {
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
    const node = wrap(entity, text.slice(start, end), handlers);
    node.append(...nodesOf(text, inner, start, end, handlers));
    nodes.push(node);
    // A block begins a new line by itself: the newline after it would show as an empty line.
    at = BLOCKS.has(entity.type) && text[end] === "\n" ? end + 1 : end;
  }
  if (at < to) nodes.push(text.slice(at, to));
  return nodes;
}

function wrap(entity, content, handlers) {
  const type = entity.type;
  if (PLAIN_TAGS[type]) return el(PLAIN_TAGS[type]);
  if (type === "pre") return el("pre", { "data-language": entity.language });
  if (BLOCKS.has(type)) return el("blockquote");
  if (type === "spoiler") return spoiler();
  if (type === "text_link") return link(entity.url, handlers);
  if (type === "url") return link(withScheme(content), handlers);
  if (type === "email") return link(`mailto:${content}`, handlers);
  if (type === "phone_number") return link(`tel:${content.replace(/[^+\d]/gu, "")}`, handlers);
  if (type === "bot_command") return command(content, handlers);
  return el("span", { class: `entity-${String(type).replace(/\W/gu, "")}` });
}

const withScheme = (address) => (/^[a-z][a-z0-9+.-]*:/iu.test(address) ? address : `https://${address}`);

/** The address if a browser may follow it, else null (`javascript:` and the like). */
export function safeAddress(address) {
  try {
    const parsed = new URL(address);
    return ["http:", "https:", "mailto:", "tel:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

function link(address, handlers) {
  const href = safeAddress(address);
  if (href === null) return el("span");
  const follow = (event) => {
    if (handlers.link(href)) event.preventDefault();
  };
  return el("a", { href, target: "_blank", rel: "noopener noreferrer", on: { click: follow } });
}

function command(content, handlers) {
  const send = () => handlers.command(content);
  return el("button", { type: "button", class: "command-link", on: { click: send } });
}

function spoiler() {
  const node = el("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": t("spoiler") });
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
