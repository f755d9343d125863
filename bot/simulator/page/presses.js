// Presses of inline buttons. A press is pending until the bot answers its callback query.

import * as api from "./api.js";
import { showAlert, showToast, showError } from "./dialog.js";
import { translate } from "./words.js";

// After this time, the press is no longer shown as pending. The bot can still answer it.
const PENDING_MS = 15_000;

/** Returns the key of a button: "chat/message/row.column". */
const buildKey = (message, place) => `${message.chat.id}/${message.message_id}/${place}`;

/** The pending presses of this page, and the answers to them. */
export class ButtonPresses {
  #pending = new Map(); // key of a button -> callback query id, null until the server has returned it
  #early = new Map(); // callback query id -> an answer that arrived before the response to the press

  /** Returns true if the press of a button is pending. */
  isPending(message, place) {
    return this.#pending.has(buildKey(message, place));
  }

  /** Presses a button, unless a press of it is pending. Shows an error if it fails. */
  async press(message, button, place) {
    const key = buildKey(message, place);
    if (this.#pending.has(key)) return;
    this.#start(key);
    try {
      const body = { message_id: message.message_id, data: button.callback_data };
      const { callback_query_id: id } = await api.performAction(message.chat.id, "press", body);
      this.#pending.set(key, id);
      setTimeout(() => this.#expire(key, id), PENDING_MS);
      if (this.#early.has(id)) this.handleAnswer(this.#early.get(id));
    } catch (error) {
      this.#finish(key);
      showError(error);
    }
  }

  /** Handles a `callback_answer` event: shows the answer if the press belongs to this page. */
  handleAnswer(event) {
    const id = event.callback_query_id;
    const key = [...this.#pending].find(([, pending]) => pending === id)?.[0];
    if (key === undefined) {
      // Without a request in progress, the answer belongs to a press of another page.
      if ([...this.#pending.values()].includes(null)) this.#early.set(id, event);
      return;
    }
    this.#early.clear();
    this.#finish(key);
    if (!event.text) return;
    if (event.show_alert) showAlert(event.text);
    else showToast(event.text);
  }

  /** Fetches the answers that were missed while the connection was lost. */
  async fetchMissedAnswers() {
    for (const id of [...this.#pending.values()].filter((one) => one !== null)) {
      const state = await api.readCallback(id).catch(() => ({ answered: true }));
      if (state.answered) this.handleAnswer({ ...state, callback_query_id: id });
    }
  }

  #expire(key, id) {
    if (this.#pending.get(key) !== id) return;
    this.#finish(key);
    showToast(translate("press.silent"));
  }

  #start(key) {
    this.#pending.set(key, null);
    this.#setBusy(key, true);
  }

  #finish(key) {
    this.#pending.delete(key);
    this.#setBusy(key, false);
  }

  #setBusy(key, busy) {
    const [chat, message, place] = key.split("/");
    const list = document.querySelector(`.messages[data-chat-id="${chat}"]`);
    const button = list?.querySelector(`[data-message-id="${message}"] [data-place="${place}"]`);
    if (busy) button?.setAttribute("aria-busy", "true");
    else button?.removeAttribute("aria-busy");
  }
}
