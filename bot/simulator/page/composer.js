// Writing a message: the text box, editing and replying, the commands' menu.

import * as api from "./api.js";
import { tell } from "./dialog.js";
import { el, find, icon } from "./dom.js";
import { openMenu } from "./menu.js";
import { summary } from "./render.js";
import { draftOf, setDraft } from "./store.js";
import { t } from "./words.js";

export class Composer {
  #box = find(".composer");
  #context = find(".context");
  #person = null;
  #about = null; // {kind: "editing" or "replying", message}
  #placeholder = null;

  constructor({ offerFiles }) {
    find(".send").append(icon("send"));
    find("form.composer-row").addEventListener("submit", (event) => {
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
    find(".menu-button").addEventListener("click", (event) => this.#openCommands(event.currentTarget));
  }

  open(person) {
    this.#person = person;
    this.#about = null;
    this.#showContext();
    this.#write(draftOf(person.id));
  }

  setPlaceholder(words) {
    this.#placeholder = words;
    this.#box.placeholder = words || t("composer.placeholder");
  }

  renderWords() {
    this.setPlaceholder(this.#placeholder);
    this.#showContext();
  }

  focus() {
    this.#box.focus();
  }

  edit(message) {
    this.#about = { kind: "editing", message };
    this.#showContext();
    this.#write(message.text);
    this.focus();
  }

  reply(message) {
    this.#about = { kind: "replying", message };
    this.#showContext();
    this.focus();
  }

  /** Sends words as they are, whatever stands in the box: a command from a menu or a text. */
  async say(text) {
    try {
      await api.act(this.#person.id, "text", { text });
    } catch (error) {
      tell(error);
    }
  }

  async #send() {
    const text = this.#box.value.trim();
    if (!text || !this.#person) return;
    const { id } = this.#person;
    const about = this.#about;
    this.#leave("");
    try {
      if (about?.kind === "editing") await api.act(id, "edit", { message_id: about.message.message_id, text });
      else await api.act(id, "text", { text, reply_to: about?.message.message_id });
    } catch (error) {
      tell(error);
      this.#giveBack(id, text, about);
    }
  }

  /** What could not be sent is not lost, unless something else was begun meanwhile. */
  #giveBack(id, text, about) {
    if (this.#person.id !== id) setDraft(id, text);
    else if (this.#box.value === "") {
      this.#about = about;
      this.#showContext();
      this.#write(text);
      setDraft(id, text);
    }
  }

  #leave(text) {
    this.#about = null;
    this.#showContext();
    this.#write(text);
    setDraft(this.#person.id, text);
  }

  #onKey(event) {
    // Typing Vietnamese composes letters: that Enter belongs to the input method.
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "Escape" && this.#about) {
      this.#leave("");
    }
  }

  #onInput() {
    this.#grow();
    if (this.#person && this.#about?.kind !== "editing") setDraft(this.#person.id, this.#box.value);
  }

  #write(text) {
    this.#box.value = text;
    this.#grow();
  }

  #grow() {
    this.#box.style.height = "auto";
    this.#box.style.height = `${this.#box.scrollHeight + 2}px`;
  }

  #showContext() {
    this.#context.hidden = this.#about === null;
    if (this.#about === null) return;
    const { kind, message } = this.#about;
    const stop = () => this.#leave(kind === "editing" ? "" : this.#box.value);
    this.#context.replaceChildren(
      icon(kind === "editing" ? "edit" : "reply"),
      el("span", { class: "context-words" }, el("strong", {}, t(`context.${kind}`)), el("span", {}, summary(message))),
      el("button", { type: "button", class: "round", "aria-label": t("context.cancel"), on: { click: stop } }, icon("close")),
    );
  }

  async #openCommands(anchor) {
    try {
      const { id } = this.#person;
      const commands = await api.commands(id, id);
      const items = commands.map(({ command, description }) => ({
        words: `/${command}`,
        about: description,
        testid: "command",
        run: () => this.say(`/${command}`),
      }));
      openMenu(anchor, items, { label: t("menu.label"), empty: t("menu.empty") });
    } catch (error) {
      tell(error);
    }
  }
}
