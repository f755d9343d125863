// The conversation of one person with the bot.

import * as api from "./api.js";
import { tell, toast } from "./dialog.js";
import { el, find, icon, putInOrder, Rows } from "./dom.js";
import { replyKeyboard } from "./keyboards.js";
import { openMenu } from "./menu.js";
import { dayLine, isMine, renderMessage } from "./render.js";
import { dayOf, t } from "./words.js";

const KEPT = 300; // messages shown: enough for any training, light enough for any machine
const NEAR = 120; // pixels from the end at which one still follows what comes
const ACTION_TIME = 5_000; // Telegram's own: an action is shown five seconds at most

export class Chat {
  #list = find(".messages");
  #log = find(".log");
  #jump = find(".jump");
  #keyboard = find(".reply-keyboard");
  #toggle = find(".keyboard-toggle");
  #person = null;
  #messages = [];
  #rows = new Rows();
  #markup = null;
  #folded = false;
  #loading = null;
  #again = false;
  #actionTimer = 0;
  #follow = true;
  #lastTop = 0;

  /** `links(address)` may take a link over; `seen(person, message)` hears what was shown. */
  constructor({ presses, composer, attach, links, seen }) {
    this.presses = presses;
    this.composer = composer;
    this.attach = attach;
    this.seen = seen;
    this.handlers = { command: (text) => composer.say(text), link: links };
    this.#jump.append(icon("down"));
    this.#jump.addEventListener("click", () => this.#toEnd());
    this.#toggle.append(icon("keyboard"));
    this.#toggle.addEventListener("click", () => this.#fold(!this.#folded));
    find(".start").addEventListener("click", () => this.#do("start", {}));
    this.#log.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    const sizes = new ResizeObserver(() => this.#follow && this.#toEnd("instant"));
    for (const node of [this.#log, this.#list]) sizes.observe(node);
    document.addEventListener("visibilitychange", () => this.#tellSeen());
  }

  /** Nobody is here: nothing of the last person stays on the screen. */
  close() {
    this.#person = null;
    this.#messages = [];
    this.#rows.clear();
    this.#list.replaceChildren();
    this.#markup = null;
    this.#keyboard.hidden = true;
    this.#toggle.hidden = true;
    this.#follow = true;
    this.#showAction(null);
  }

  async open(person) {
    this.close();
    this.#person = person;
    this.#list.dataset.chatId = person.id;
    find(".start").hidden = true;
    this.#log.setAttribute("aria-busy", "true"); // an old conversation is not news to read out
    this.composer.open(person);
    this.attach.open(person);
    await this.reload();
  }

  /** Asks for the conversation as it stands; asked again while asking, it asks once more after. */
  reload() {
    if (!this.#person) return Promise.resolve();
    if (this.#loading) {
      this.#again = true;
      return this.#loading;
    }
    this.#loading = this.#load().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #load() {
    do {
      this.#again = false;
      const person = this.#person;
      const answer = await api.messages(person.id, { limit: KEPT });
      if (person === this.#person) this.#show(answer);
      else this.#again = true; // another was chosen meanwhile
    } while (this.#again && this.#person);
  }

  onEvent(event) {
    if (event.chat_id !== this.#person?.id) return;
    if (event.kind === "action") return this.#showAction(event.action);
    if (event.kind === "keyboard") this.#markup = undefined; // shown again is shown, even if it is the same
    this.reload().catch(() => {}); // the stream of events notices a lost server by itself
  }

  /** Builds every row anew, for another language. */
  renderWords() {
    this.#rows.clear();
    this.#render();
    this.#showAction(null);
  }

  #show({ messages, reply_keyboard: markup, placeholder }) {
    const before = this.#messages.at(-1)?.message_id ?? 0;
    const newest = messages.at(-1);
    this.#messages = messages;
    this.#setKeyboard(markup ?? null);
    this.composer.setPlaceholder(placeholder ?? markup?.input_field_placeholder ?? null);
    this.#render();
    this.#log.removeAttribute("aria-busy");
    if (newest && newest.message_id > before) this.#arrived(newest, before === 0);
    this.#tellSeen();
  }

  #arrived(newest, opening) {
    if (!isMine(newest)) this.#showAction(null);
    if (isMine(newest)) this.#follow = true;
    if (this.#follow) this.#toEnd(opening ? "instant" : "auto");
    else this.#jump.hidden = false;
  }

  #tellSeen() {
    const newest = this.#messages.at(-1);
    if (newest && !document.hidden) this.seen(this.#person, newest);
  }

  #render() {
    find(".start").hidden = this.#messages.length > 0;
    const focused = document.activeElement?.closest?.(".message");
    const place = document.activeElement?.dataset?.place;
    const rows = [];
    let day = null;
    for (const message of this.#messages) {
      const words = dayOf(message.date);
      if (words !== day) rows.push(this.#rows.get(`day ${words}`, "", () => dayLine(message.date)));
      day = words;
      rows.push(this.#rows.get(message.message_id, JSON.stringify(message), () => renderMessage(message, this.#context())));
    }
    putInOrder(this.#list, rows);
    if (focused && !focused.isConnected) this.#refocus(focused.dataset.messageId, place);
  }

  /** An edit replaces the row: whoever was on one of its buttons stays in that place. */
  #refocus(messageId, place) {
    const row = this.#rowOf(messageId);
    (row?.querySelector(`[data-place="${place}"]`) ?? row)?.focus({ preventScroll: true });
  }

  #rowOf(messageId) {
    return this.#list.querySelector(`[data-message-id="${messageId}"]`);
  }

  #context() {
    return {
      handlers: this.handlers,
      presses: this.presses,
      find: (id) => this.#messages.find((one) => one.message_id === id) ?? null,
      show: (id) => this.#rowOf(id)?.scrollIntoView({ block: "center" }),
      menu: (message, anchor) => this.#openMenu(message, anchor),
    };
  }

  #openMenu(message, anchor) {
    const text = message.text ?? message.caption;
    const items = [["reply", () => this.composer.reply(message)]];
    if (text) items.push(["copy", () => navigator.clipboard.writeText(text).catch(tell)]);
    if (isMine(message) && message.text) items.push(["edit", () => this.composer.edit(message)]);
    const entries = items.map(([name, run]) => ({ words: t(`message.${name}`), icon: name, testid: `message-${name}`, run }));
    openMenu(anchor, entries, { label: t("message.menu") });
  }

  #setKeyboard(markup) {
    if (JSON.stringify(markup) === JSON.stringify(this.#markup)) return;
    this.#markup = markup;
    this.#toggle.hidden = !replyKeyboard(this.#keyboard, markup, (button) => this.#choose(button));
    this.#fold(false);
  }

  #fold(folded) {
    this.#folded = folded;
    this.#keyboard.hidden = folded || this.#toggle.hidden;
    this.#toggle.setAttribute("aria-expanded", String(!this.#keyboard.hidden));
  }

  async #choose(button) {
    const used = this.#markup;
    const done = await this.#useButton(button);
    // The bot may have put up its next keyboard meanwhile: that one was not used.
    if (done && used === this.#markup && used.one_time_keyboard) this.#fold(true);
  }

  /** True when the button's message went out. */
  #useButton(button) {
    if (button.request_contact) return this.attach.sendContact();
    if (button.request_location) return this.attach.sendLocation();
    if (!Object.keys(button).some((key) => key.startsWith("request_"))) return this.#do("choose", { text: button.text });
    toast(t("inline.unable"));
    return false;
  }

  async #do(act, body) {
    try {
      await api.act(this.#person.id, act, body);
      return true;
    } catch (error) {
      tell(error);
      return false;
    }
  }

  #showAction(action) {
    clearTimeout(this.#actionTimer);
    const words = action === "typing" || !action ? "status.typing" : "status.file";
    const dots = el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
    const status = find(".chat-status");
    status.classList.toggle("acting", Boolean(action));
    status.replaceChildren(...(action ? [t(words), dots] : [t("status.ready")]));
    if (action) this.#actionTimer = setTimeout(() => this.#showAction(null), ACTION_TIME);
  }

  /** Only going up, which is what a person does, ends the following: a smooth way down has not arrived yet. */
  #onScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    if (scrollHeight - scrollTop - clientHeight < NEAR) this.#follow = true;
    else if (scrollTop < this.#lastTop) this.#follow = false;
    this.#lastTop = scrollTop;
    if (this.#follow) this.#jump.hidden = true;
  }

  #toEnd(behavior = "auto") {
    this.#follow = true;
    this.#jump.hidden = true;
    this.#log.scrollTo({ top: this.#log.scrollHeight, behavior });
  }
}
