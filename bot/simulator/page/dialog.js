// Toasts (short messages), alerts, forms and enlarged photos.

import { SimulatorUnreachable } from "./api.js";
import { createElement, findElement, createIcon } from "./dom.js";
import { translate } from "./words.js";

const TOAST_MS = 5_000;

/** Shows a short message for at least 5 seconds. A click removes it sooner. */
export function showToast(text) {
  const node = createElement("button", { type: "button", class: "toast", "data-testid": "toast" }, text);
  const remove = () => node.remove();
  node.addEventListener("click", remove);
  findElement(".toasts").append(node);
  // Longer texts take longer to read.
  setTimeout(remove, TOAST_MS + text.length * 40);
}

/** Shows the error of a request as a toast. */
export function showError(error) {
  showToast(error instanceof SimulatorUnreachable ? translate("offline.unsent") : error.message);
}

/** Shows a modal dialog; returns its element. A click outside closes it. */
function openDialog(content, attributes = {}) {
  const dialog = createElement("dialog", { class: "dialog", ...attributes }, content);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  // A click on the backdrop has the dialog itself as its target.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.showModal();
  return dialog;
}

/** Shows a text in a dialog with an OK button. */
export function showAlert(text) {
  const close = createElement("button", { type: "button", class: "primary", autofocus: true }, translate("ok"));
  const content = createElement("div", { class: "dialog-body" }, createElement("p", { class: "alert-text" }, text), createElement("div", { class: "dialog-buttons" }, close));
  const dialog = openDialog(content, { "data-testid": "alert", role: "alertdialog", "aria-label": text });
  close.addEventListener("click", () => dialog.close());
}

/** Shows a photo in full size. */
export function showPhoto(address, alt) {
  const close = createElement("button", { type: "button", class: "round dialog-close", "aria-label": translate("close") }, createIcon("close"));
  const dialog = openDialog(createElement("figure", { class: "large-photo" }, createElement("img", { src: address, alt }), close), { class: "dialog photo-dialog", "aria-label": alt });
  close.addEventListener("click", () => dialog.close());
}

/**
 * Shows a form in a dialog. Resolves to the trimmed values by name, or to null if it is cancelled.
 *
 * fields: {name, label, value?, options?: [key, text][], attributes?}[]
 * check:  takes the values; returns an error text, or null if they are valid
 * extra:  an element to show above the fields
 */
export function openForm({ title, submit, fields, check = () => null, extra = null }) {
  const heading = createElement("h2", { id: "dialog-title" }, title);
  const problem = createElement("p", { class: "problem", role: "alert" });
  const confirm = createElement("button", { type: "submit", class: "primary", "data-testid": "dialog-submit" }, submit);
  const cancel = createElement("button", { type: "button", class: "plain" }, translate("cancel"));
  const buttons = createElement("div", { class: "dialog-buttons" }, cancel, confirm);
  const form = createElement("form", { class: "dialog-body", novalidate: true }, heading, extra, fields.map(createField), problem, buttons);
  const dialog = openDialog(form, { "aria-labelledby": "dialog-title", "data-testid": "dialog" });
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

/** Returns a labelled input, or a select if the field has options. */
function createField({ name, label, value = "", options = null, attributes = {} }) {
  const given = { name, "data-testid": `field-${name}`, autocomplete: "off", ...attributes };
  const control = options
    ? createElement("select", given, options.map(([key, words]) => createElement("option", { value: key }, words)))
    : createElement("input", given);
  control.value = value;
  return createElement("label", { class: "field" }, createElement("span", {}, label), control);
}
