// Short messages (toasts), alerts, forms and a photo seen large.

import { Unreachable } from "./api.js";
import { el, find, icon } from "./dom.js";
import { t } from "./words.js";

const TOAST_TIME = 5_000;

/** A message that goes away by itself; a tap sends it away sooner. */
export function toast(text) {
  const node = el("button", { type: "button", class: "toast", "data-testid": "toast" }, text);
  const remove = () => node.remove();
  node.addEventListener("click", remove);
  find(".toasts").append(node);
  // Long words need longer to read.
  setTimeout(remove, TOAST_TIME + text.length * 40);
}

/** Tells the person what went wrong with something they did. */
export function tell(error) {
  toast(error instanceof Unreachable ? t("offline.unsent") : error.message);
}

function open(content, attributes = {}) {
  const dialog = el("dialog", { class: "dialog", ...attributes }, content);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  // A click on the backdrop has the dialog itself as its target.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.showModal();
  return dialog;
}

export function alertBox(text) {
  const close = el("button", { type: "button", class: "primary", autofocus: true }, t("ok"));
  const content = el("div", { class: "dialog-body" }, el("p", { class: "alert-text" }, text), el("div", { class: "dialog-buttons" }, close));
  const dialog = open(content, { "data-testid": "alert", role: "alertdialog", "aria-label": text });
  close.addEventListener("click", () => dialog.close());
}

export function showPhoto(address, alt) {
  const close = el("button", { type: "button", class: "round dialog-close", "aria-label": t("close") }, icon("close"));
  const dialog = open(el("figure", { class: "large-photo" }, el("img", { src: address, alt }), close), { class: "dialog photo-dialog", "aria-label": alt });
  close.addEventListener("click", () => dialog.close());
}

/**
 * A form in a dialog. Each field is {name, label, value?, options?, attributes?}; `check(values)`
 * gives the words of what is wrong, or null. Resolves to the values, or null when given up.
 */
export function ask({ title, submit, fields, check = () => null, extra = null }) {
  const heading = el("h2", { id: "dialog-title" }, title);
  const problem = el("p", { class: "problem", role: "alert" });
  const give = el("button", { type: "submit", class: "primary", "data-testid": "dialog-submit" }, submit);
  const cancel = el("button", { type: "button", class: "plain" }, t("cancel"));
  const buttons = el("div", { class: "dialog-buttons" }, cancel, give);
  const form = el("form", { class: "dialog-body", novalidate: true }, heading, extra, fields.map(fieldOf), problem, buttons);
  const dialog = open(form, { "aria-labelledby": "dialog-title", "data-testid": "dialog" });
  form.querySelector("input, select, textarea")?.focus();
  cancel.addEventListener("click", () => dialog.close());
  return new Promise((resolve) => {
    let answer = null;
    dialog.addEventListener("close", () => resolve(answer));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
      problem.textContent = check(values) ?? "";
      if (problem.textContent) return;
      answer = values;
      dialog.close();
    });
  });
}

function fieldOf({ name, label, value = "", options = null, attributes = {} }) {
  const given = { name, "data-testid": `field-${name}`, autocomplete: "off", ...attributes };
  const control = options
    ? el("select", given, options.map(([key, words]) => el("option", { value: key }, words)))
    : el("input", given);
  control.value = value;
  return el("label", { class: "field" }, el("span", {}, label), control);
}
