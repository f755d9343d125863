// Whom one can be: the list of people, what is new for each, and adding one.

import * as api from "./api.js";
import { ask, tell, toast } from "./dialog.js";
import { avatar, el, find, putInOrder, Rows } from "./dom.js";
import { isMine, summary } from "./render.js";
import { ROLES, roleOf, seenOf, setRole, setSeen } from "./store.js";
import { language, t, timeOf } from "./words.js";

// A load test may have made thousands; a list that long helps nobody.
const SHOWN = 100;

export const nameOf = (user) => [user.first_name, user.last_name].filter(Boolean).join(" ");

/** What one is called by: the end of a Vietnamese name or office, the beginning of another. */
function shortName(user) {
  const words = nameOf(user).split(/\s+/u);
  return (user.language_code ?? "vi").startsWith("vi") ? words.slice(-2).join(" ") : words[0];
}

export const roleOptions = () => ROLES.map((role) => [role, t(`role.${role}`)]);

export class People {
  #users = new Map();
  #newest = new Map(); // id of a person -> newest message of the private chat
  #rows = new Rows();
  #current = null;
  #choose;

  constructor({ choose }) {
    this.#choose = choose;
    find(".add-person").addEventListener("click", () => this.#add());
  }

  get(id) {
    return this.#users.get(id) ?? null;
  }

  first() {
    return this.#users.values().next().value ?? null;
  }

  async load() {
    const users = (await api.users()).filter((user) => !user.is_bot);
    this.#users = new Map(users.map((user) => [user.id, user]));
    this.render();
    await Promise.all(users.slice(0, SHOWN).map((user) => this.#loadNewest(user.id)));
    this.render();
  }

  /** Looks for people who were added elsewhere: no event tells of them. */
  async refresh() {
    const ids = (await api.users()).filter((user) => !user.is_bot).map((user) => user.id);
    if (ids.length !== this.#users.size || ids.some((id) => !this.#users.has(id))) await this.load();
  }

  async #loadNewest(id) {
    const { messages } = await api.messages(id, { limit: 1 });
    const newest = messages.at(-1);
    // Fewer messages than were seen: this is another simulator's person with the same number.
    if ((newest?.message_id ?? 0) < seenOf(id)) setSeen(id, 0);
    if (newest) this.#newest.set(id, newest);
    else this.#newest.delete(id);
  }

  setCurrent(id) {
    this.#current = id;
    this.render();
    find(`[data-person="${id}"]`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** The newest message is on the screen: nothing is unread. */
  seen(id, message) {
    this.#newest.set(id, message);
    setSeen(id, message.message_id);
    this.render();
  }

  async onEvent(event) {
    const id = event.chat_id;
    if (!(id > 0) || !["message", "edit", "delete"].includes(event.kind)) return;
    if (!this.#users.has(id)) return this.load();
    await this.#loadNewest(id);
    return this.render();
  }

  render() {
    const shown = [...this.#users.values()].slice(0, SHOWN);
    const current = this.get(this.#current);
    if (current && !shown.includes(current)) shown.push(current);
    const focused = document.activeElement?.dataset?.person;
    putInOrder(find(".people-list"), shown.map((user) => this.#row(user)));
    if (focused) find(`[data-person="${focused}"]`)?.focus({ preventScroll: true });
    const unread = shown.filter((user) => this.#isUnread(user.id)).length;
    document.title = (unread ? `(${unread}) ` : "") + t("page.title");
  }

  #isUnread(id) {
    const newest = this.#newest.get(id);
    return id !== this.#current && newest !== undefined && !isMine(newest) && newest.message_id > seenOf(id);
  }

  #row(user) {
    const look = {
      newest: this.#newest.get(user.id),
      unread: this.#isUnread(user.id),
      current: user.id === this.#current,
      role: roleOf(user.id),
    };
    const print = JSON.stringify([user, look, language()]);
    return this.#rows.get(user.id, print, () => this.#entry(user, look));
  }

  #entry(user, { newest, unread, current, role }) {
    const name = nameOf(user);
    const button = el(
      "button",
      {
        type: "button",
        class: "person",
        "data-testid": `person-${user.id}`,
        "data-person": user.id,
        "data-unread": unread ? "true" : null,
        "aria-current": current ? "true" : null,
        title: name,
        on: { click: () => this.#choose(user.id) },
      },
      avatar(user.id, name),
      el("span", { class: "person-name" }, name),
      el("span", { class: "person-short", "aria-hidden": "true" }, shortName(user)),
      el("span", { class: `badge badge-${role}` }, t(`role.${role}`)),
      el("span", { class: "person-last" }, newest ? preview(newest) : t("people.quiet")),
      newest ? el("time", { class: "person-time" }, timeOf(newest.date)) : null,
      unread ? el("span", { class: "dot", "data-testid": "unread" }, el("span", { class: "sr-only" }, t("people.unread"))) : null,
    );
    return el("li", {}, button);
  }

  async #add() {
    const values = await ask(personForm());
    if (!values) return;
    try {
      await this.#make(values.name, values.language, values.role);
    } catch (error) {
      tell(error);
    }
  }

  async #make(name, languageCode, role) {
    const user = await api.addUser({ first_name: name, language_code: languageCode });
    setRole(user.id, role);
    await this.load();
    this.#choose(user.id);
    toast(t("people.added", { name }));
  }

  /** Three people to begin with, where the simulator was started without any. */
  async addSamples() {
    try {
      const samples = [["Nguyễn Thị Lan", "resident"], ["Trần Văn Hùng", "officer"], ["Phạm Thu Hà", "organiser"]];
      const users = [];
      for (const [name, role] of samples) {
        const user = await api.addUser({ first_name: name, language_code: "vi" });
        setRole(user.id, role);
        users.push(user);
      }
      await this.load();
      this.#choose(users[0].id);
    } catch (error) {
      tell(error);
    }
  }
}

const preview = (message) => (isMine(message) ? t("people.mine", { text: summary(message) }) : summary(message));

function personForm() {
  return {
    title: t("person.title"),
    submit: t("person.submit"),
    fields: [
      { name: "name", label: t("person.name"), attributes: { maxlength: "64" } },
      { name: "language", label: t("person.language"), value: language(), options: [["vi", t("language.vi")], ["en", t("language.en")]] },
      { name: "role", label: t("person.role"), value: "resident", options: roleOptions() },
    ],
    check: ({ name }) => (name ? null : t("person.name.bad")),
  };
}
