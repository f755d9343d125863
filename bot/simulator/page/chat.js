// The conversation of the selected person with the bot.

import * as api from "./api.js";
import { showError, showToast } from "./dialog.js";
import { createElement, findElement, createIcon, arrangeRows, RowCache } from "./dom.js";
import { fillReplyKeyboard } from "./keyboards.js";
import { openMenu } from "./menu.js";
import { createDayLine, isFromPerson, createMessageRow } from "./render.js";
import { formatDay, translate } from "./words.js";

const MAX_MESSAGES = 300; // shown at the same time; more would slow down weak computers
const END_DISTANCE = 120; // pixels from the end within which new messages are scrolled into view
const ACTION_MS = 5_000; // how long "typing" and other chat actions are shown, as in Telegram

/** Shows the messages and the reply keyboard, and keeps them up to date with the events. */
export class Conversation {
  #list = findElement(".messages");
  #log = findElement(".log");
  #endButton = findElement(".jump");
  #keyboard = findElement(".reply-keyboard");
  #keyboardToggle = findElement(".keyboard-toggle");
  #person = null;
  #messages = [];
  #rows = new RowCache();
  #replyMarkup = null;
  #folded = false;
  #loading = null;
  #reloadAgain = false;
  #actionTimer = 0;
  #follow = true;
  #pressed = false; // a button was pressed, and the person has not scrolled up since
  #lastTop = 0;

  /**
   * `openLink(url)` returns true if it opened a link itself. `onSeen(person, message)` is called
   * when the newest message becomes visible.
   */
  constructor({ presses, composer, attach, openLink, onSeen }) {
    this.presses = presses;
    this.composer = composer;
    this.attach = attach;
    this.onSeen = onSeen;
    this.handlers = { command: (text) => composer.sendText(text), link: openLink };
    this.#endButton.append(createIcon("down"));
    this.#endButton.addEventListener("click", () => this.#scrollToEnd());
    this.#keyboardToggle.append(createIcon("keyboard"));
    this.#keyboardToggle.addEventListener("click", () => this.#setFolded(!this.#folded));
    findElement(".start").addEventListener("click", () => this.#performAction("start", {}));
    this.#list.addEventListener("click", (event) => {
      if (event.target.closest(".inline-button")) this.#pressed = true;
    });
    this.#log.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    const sizes = new ResizeObserver(() => this.#follow && this.#scrollToEnd("instant"));
    for (const node of [this.#log, this.#list]) sizes.observe(node);
    document.addEventListener("visibilitychange", () => this.#reportSeen());
  }

  /** Clears the view. No person is selected afterwards. */
  close() {
    this.#person = null;
    this.#messages = [];
    this.#rows.clear();
    this.#list.replaceChildren();
    this.#replyMarkup = null;
    this.#keyboard.hidden = true;
    this.#keyboardToggle.hidden = true;
    this.#follow = true;
    this.#pressed = false;
    this.#showAction(null);
  }

  /** Shows the conversation of a person. */
  async open(person) {
    this.close();
    this.#person = person;
    this.#list.dataset.chatId = person.id;
    findElement(".start").hidden = true;
    this.#log.setAttribute("aria-busy", "true"); // screen readers read only new messages
    this.composer.open(person);
    this.attach.setPerson(person);
    await this.reload();
  }

  /** Fetches and shows the current messages. A call during a fetch causes one more fetch. */
  reload() {
    if (!this.#person) return Promise.resolve();
    if (this.#loading) {
      this.#reloadAgain = true;
      return this.#loading;
    }
    this.#loading = this.#load().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #load() {
    do {
      this.#reloadAgain = false;
      const person = this.#person;
      const answer = await api.listMessages(person.id, { limit: MAX_MESSAGES });
      if (person === this.#person) this.#show(answer);
      else this.#reloadAgain = true; // another person was selected meanwhile
    } while (this.#reloadAgain && this.#person);
  }

  /** Applies an event of the simulator, if it belongs to the open chat. */
  handleEvent(event) {
    if (event.chat_id !== this.#person?.id) return;
    if (event.kind === "action") return this.#showAction(event.action);
    if (event.kind === "keyboard") this.#replyMarkup = undefined; // shows the keyboard again even if it is equal
    this.reload().catch(() => {}); // followEvents notices and shows a lost connection
  }

  /** Rebuilds all rows, after a change of the language. */
  updateWords() {
    this.#rows.clear();
    this.#updateRows();
    this.#showAction(null);
  }

  #show({ messages, reply_keyboard: markup, placeholder }) {
    const before = this.#messages.at(-1)?.message_id ?? 0;
    this.#messages = messages;
    this.#setKeyboard(markup ?? null);
    this.composer.setPlaceholder(placeholder ?? markup?.input_field_placeholder ?? null);
    this.#updateRows();
    this.#log.removeAttribute("aria-busy");
    const arrived = messages.filter((one) => one.message_id > before);
    if (arrived.length > 0) this.#showNewest(arrived, before === 0);
    this.#reportSeen();
  }

  /** Scrolls to new messages, if the person is at the end, or they follow from what they did. */
  #showNewest(arrived, opening) {
    if (!isFromPerson(arrived.at(-1))) this.#showAction(null);
    // The person's message and the answer to it can arrive at once.
    if (this.#pressed || arrived.some(isFromPerson)) this.#follow = true;
    this.#pressed = false;
    if (this.#follow) this.#scrollToEnd(opening ? "instant" : "auto");
    else this.#endButton.hidden = false;
  }

  #reportSeen() {
    const newest = this.#messages.at(-1);
    if (newest && !document.hidden) this.onSeen(this.#person, newest);
  }

  #updateRows() {
    findElement(".start").hidden = this.#messages.length > 0;
    const focused = document.activeElement?.closest?.(".message");
    const place = document.activeElement?.dataset?.place;
    const rows = [];
    let day = null;
    for (const message of this.#messages) {
      const words = formatDay(message.date);
      if (words !== day) rows.push(this.#rows.getRow(`day ${words}`, "", () => createDayLine(message.date)));
      day = words;
      rows.push(this.#rows.getRow(message.message_id, JSON.stringify(message), () => createMessageRow(message, this.#buildContext())));
    }
    arrangeRows(this.#list, rows);
    if (focused && !focused.isConnected) this.#restoreFocus(focused.dataset.messageId, place);
  }

  /** Restores the keyboard focus after an edit has replaced the focused row. */
  #restoreFocus(messageId, place) {
    const row = this.#findRow(messageId);
    (row?.querySelector(`[data-place="${place}"]`) ?? row)?.focus({ preventScroll: true });
  }

  #findRow(messageId) {
    return this.#list.querySelector(`[data-message-id="${messageId}"]`);
  }

  #buildContext() {
    return {
      handlers: this.handlers,
      presses: this.presses,
      find: (id) => this.#messages.find((one) => one.message_id === id) ?? null,
      show: (id) => this.#findRow(id)?.scrollIntoView({ block: "center" }),
      menu: (message, anchor) => this.#openMenu(message, anchor),
    };
  }

  #openMenu(message, anchor) {
    const text = message.text ?? message.caption;
    const items = [["reply", () => this.composer.startReply(message)]];
    if (text) items.push(["copy", () => navigator.clipboard.writeText(text).catch(showError)]);
    if (isFromPerson(message) && message.text) items.push(["edit", () => this.composer.startEdit(message)]);
    const entries = items.map(([name, run]) => ({ words: translate(`message.${name}`), icon: name, testid: `message-${name}`, run }));
    openMenu(anchor, entries, { label: translate("message.menu") });
  }

  #setKeyboard(markup) {
    if (JSON.stringify(markup) === JSON.stringify(this.#replyMarkup)) return;
    this.#replyMarkup = markup;
    this.#keyboardToggle.hidden = !fillReplyKeyboard(this.#keyboard, markup, (button) => this.#pressReplyButton(button));
    this.#setFolded(false);
  }

  #setFolded(folded) {
    this.#folded = folded;
    this.#keyboard.hidden = folded || this.#keyboardToggle.hidden;
    this.#keyboardToggle.setAttribute("aria-expanded", String(!this.#keyboard.hidden));
  }

  async #pressReplyButton(button) {
    const used = this.#replyMarkup;
    const done = await this.#useButton(button);
    // If the bot has shown its next keyboard meanwhile, that one stays open.
    if (done && used === this.#replyMarkup && used.one_time_keyboard) this.#setFolded(true);
  }

  /** Sends the message of a reply button. Returns true, or a promise of true, if it was sent. */
  #useButton(button) {
    if (button.request_contact) return this.attach.sendContact();
    if (button.request_location) return this.attach.sendLocation();
    if (!Object.keys(button).some((key) => key.startsWith("request_"))) return this.#performAction("choose", { text: button.text });
    showToast(translate("inline.unable"));
    return false;
  }

  async #performAction(act, body) {
    try {
      await api.performAction(this.#person.id, act, body);
      return true;
    } catch (error) {
      showError(error);
      return false;
    }
  }

  /** Shows a chat action ("typing" and others) in the header for 5 seconds; null shows none. */
  #showAction(action) {
    clearTimeout(this.#actionTimer);
    const words = action === "typing" || !action ? "status.typing" : "status.file";
    const dots = createElement("span", { class: "dots", "aria-hidden": "true" }, createElement("i"), createElement("i"), createElement("i"));
    const status = findElement(".chat-status");
    status.classList.toggle("acting", Boolean(action));
    status.replaceChildren(...(action ? [translate(words), dots] : [translate("status.ready")]));
    if (action) this.#actionTimer = setTimeout(() => this.#showAction(null), ACTION_MS);
  }

  /** Scrolling up ends the scrolling to new messages. Smooth scrolling down does not. */
  #onScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    if (scrollHeight - scrollTop - clientHeight < END_DISTANCE) this.#follow = true;
    else if (scrollTop < this.#lastTop) this.#follow = this.#pressed = false;
    this.#lastTop = scrollTop;
    if (this.#follow) this.#endButton.hidden = true;
  }

  #scrollToEnd(behavior = "auto") {
    this.#follow = true;
    this.#endButton.hidden = true;
    this.#log.scrollTo({ top: this.#log.scrollHeight, behavior });
  }
}
