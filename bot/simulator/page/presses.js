// Pressed inline buttons: in progress until the bot answers the callback.

import * as api from "./api.js";
import { alertBox, toast, tell } from "./dialog.js";
import { t } from "./words.js";

// Telegram's apps stop showing progress after a while too; the callback stays answerable.
const PATIENCE = 15_000;

const keyOf = (message, place) => `${message.chat.id}/${message.message_id}/${place}`;

export class Presses {
  #busy = new Map(); // key of a button -> callback id, or null until the server has named it
  #early = new Map(); // answers that came by the events before the press itself returned

  isBusy(message, place) {
    return this.#busy.has(keyOf(message, place));
  }

  async press(message, button, place) {
    const key = keyOf(message, place);
    if (this.#busy.has(key)) return;
    this.#start(key);
    try {
      const body = { message_id: message.message_id, data: button.callback_data };
      const { callback_query_id: id } = await api.act(message.chat.id, "press", body);
      this.#busy.set(key, id);
      setTimeout(() => this.#giveUp(key, id), PATIENCE);
      if (this.#early.has(id)) this.answered(this.#early.get(id));
    } catch (error) {
      this.#finish(key);
      tell(error);
    }
  }

  /** A `callback_answer` event: shown only for presses of this page. */
  answered(event) {
    const id = event.callback_query_id;
    const key = [...this.#busy].find(([, pending]) => pending === id)?.[0];
    if (key === undefined) {
      // Only while a press is under way can its answer be early; others belong to another page.
      if ([...this.#busy.values()].includes(null)) this.#early.set(id, event);
      return;
    }
    this.#early.clear();
    this.#finish(key);
    if (!event.text) return;
    if (event.show_alert) alertBox(event.text);
    else toast(event.text);
  }

  /** After a gap in the events: asks for the answers that may have been missed. */
  async catchUp() {
    for (const id of [...this.#busy.values()].filter((one) => one !== null)) {
      const state = await api.callback(id).catch(() => ({ answered: true }));
      if (state.answered) this.answered({ ...state, callback_query_id: id });
    }
  }

  #giveUp(key, id) {
    if (this.#busy.get(key) !== id) return;
    this.#finish(key);
    toast(t("press.silent"));
  }

  #start(key) {
    this.#busy.set(key, null);
    this.#mark(key, true);
  }

  #finish(key) {
    this.#busy.delete(key);
    this.#mark(key, false);
  }

  #mark(key, busy) {
    const [chat, message, place] = key.split("/");
    const list = document.querySelector(`.messages[data-chat-id="${chat}"]`);
    const button = list?.querySelector(`[data-message-id="${message}"] [data-place="${place}"]`);
    if (busy) button?.setAttribute("aria-busy", "true");
    else button?.removeAttribute("aria-busy");
  }
}
