// The composer: the text box, the bar for a reply or an edit, the menu of commands.

import * as api from "./api.js";
import { showError } from "./dialog.js";
import { createElement, findElement, createIcon } from "./dom.js";
import { openMenu } from "./menu.js";
import { summarizeMessage } from "./render.js";
import { getDraft, setDraft } from "./store.js";
import { translate } from "./words.js";

/** Sends texts, replies and edits of the selected person. Unsent text is stored for each person. */
export class Composer {
  #box = findElement(".composer");
  #context = findElement(".context");
  #person = null;
  #target = null; // {kind: "editing" or "replying", message}
  #placeholder = null;

  /** `offerFiles(files)` is called when files are pasted. */
  constructor({ offerFiles }) {
    findElement(".send").append(createIcon("send"));
    findElement("form.composer-row").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#box.addEventListener("keydown", (event) => this.#onKey(event));
    this.#box.addEventListener("input", () => this.#onInput());
    this.#box.addEventListener("paste", (event) => {
      if (event.clipboardData.files.length === 0) return;
      event.preventDefault();
      offerFiles([...event.clipboardData.files]);
    });
    findElement(".menu-button").addEventListener("click", (event) => this.#openCommands(event.currentTarget));
  }

  /** Shows the stored draft of a person. */
  open(person) {
    this.#person = person;
    this.#target = null;
    this.#updateContext();
    this.#setText(getDraft(person.id));
  }

  /** Sets the placeholder of the text box; null restores the default. */
  setPlaceholder(words) {
    this.#placeholder = words;
    this.#box.placeholder = words || translate("composer.placeholder");
  }

  /** Updates the texts after a change of the language. */
  updateWords() {
    this.setPlaceholder(this.#placeholder);
    this.#updateContext();
  }

  focus() {
    this.#box.focus();
  }

  /** Starts editing a message. */
  startEdit(message) {
    this.#target = { kind: "editing", message };
    this.#updateContext();
    this.#setText(message.text);
    this.focus();
  }

  /** Starts a reply to a message. */
  startReply(message) {
    this.#target = { kind: "replying", message };
    this.#updateContext();
    this.focus();
  }

  /** Sends a text without changing the text box. */
  async sendText(text) {
    try {
      await api.performAction(this.#person.id, "text", { text });
    } catch (error) {
      showError(error);
    }
  }

  async #send() {
    const text = this.#box.value.trim();
    if (!text || !this.#person) return;
    const { id } = this.#person;
    const target = this.#target;
    this.#resetBox("");
    try {
      if (target?.kind === "editing") await api.performAction(id, "edit", { message_id: target.message.message_id, text });
      else await api.performAction(id, "text", { text, reply_to: target?.message.message_id });
    } catch (error) {
      showError(error);
      this.#restoreText(id, text, target);
    }
  }

  /** Restores a text that could not be sent, in the empty text box or the sender's draft. */
  #restoreText(id, text, target) {
    if (this.#person.id !== id) setDraft(id, text);
    else if (this.#box.value === "") {
      this.#target = target;
      this.#updateContext();
      this.#setText(text);
      setDraft(id, text);
    }
  }

  /** Ends an edit or a reply, and sets the text and the draft. */
  #resetBox(text) {
    this.#target = null;
    this.#updateContext();
    this.#setText(text);
    setDraft(this.#person.id, text);
  }

  #onKey(event) {
    // An input method for Vietnamese uses Enter to finish a letter.
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "Escape" && this.#target) {
      this.#resetBox("");
    }
  }

  #onInput() {
    this.#fitHeight();
    if (this.#person && this.#target?.kind !== "editing") setDraft(this.#person.id, this.#box.value);
  }

  #setText(text) {
    this.#box.value = text;
    this.#fitHeight();
  }

  #fitHeight() {
    this.#box.style.height = "auto";
    this.#box.style.height = `${this.#box.scrollHeight + 2}px`;
  }

  #updateContext() {
    this.#context.hidden = this.#target === null;
    if (this.#target === null) return;
    const { kind, message } = this.#target;
    const stop = () => this.#resetBox(kind === "editing" ? "" : this.#box.value);
    this.#context.replaceChildren(
      createIcon(kind === "editing" ? "edit" : "reply"),
      createElement("span", { class: "context-words" }, createElement("strong", {}, translate(`context.${kind}`)), createElement("span", {}, summarizeMessage(message))),
      createElement("button", { type: "button", class: "round", "aria-label": translate("context.cancel"), on: { click: stop } }, createIcon("close")),
    );
  }

  async #openCommands(anchor) {
    try {
      const { id } = this.#person;
      const commands = await api.listCommands(id, id);
      const items = commands.map(({ command, description }) => ({
        words: `/${command}`,
        about: description,
        testid: "command",
        run: () => this.sendText(`/${command}`),
      }));
      openMenu(anchor, items, { label: translate("menu.label"), empty: translate("menu.empty") });
    } catch (error) {
      showError(error);
    }
  }
}
