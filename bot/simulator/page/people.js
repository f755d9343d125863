// The list of people whom the user can act as, with their newest message, and the form to add one.

import * as api from "./api.js";
import { openForm, showError, showToast } from "./dialog.js";
import { createAvatar, createElement, findElement, arrangeRows, RowCache } from "./dom.js";
import { isFromPerson, summarizeMessage } from "./render.js";
import { ROLES, getRole, getLastSeenId, setRole, setLastSeenId } from "./store.js";
import { getLanguage, translate, formatTime } from "./words.js";

const MAX_SHOWN = 100; // a load test may have added thousands of people

/** Returns the first and last name. */
const formatName = (user) => [user.first_name, user.last_name].filter(Boolean).join(" ");

/** Returns the last two words of a Vietnamese name, or the first word of another name. */
function shortenName(user) {
  const words = formatName(user).split(/\s+/u);
  return (user.language_code ?? "vi").startsWith("vi") ? words.slice(-2).join(" ") : words[0];
}

/** Returns values grouped by a key: key -> array. */
function groupBy(values, getKey) {
  const groups = new Map();
  for (const value of values) groups.set(getKey(value), [...(groups.get(getKey(value)) ?? []), value]);
  return groups;
}

/**
 * Returns person id -> {name, short}, so that no two people look alike. Equal names are numbered
 * in the order of the ids. Where the short names of two are equal, both have their whole names.
 */
function distinguishNames(users) {
  const byName = groupBy([...users].sort((a, b) => a.id - b.id), formatName);
  const byShort = groupBy(users, shortenName);
  const names = users.map((user) => {
    const [name, short] = [formatName(user), shortenName(user)];
    const same = byName.get(name);
    const full = same.length > 1 ? `${name} (${same.indexOf(user) + 1})` : name;
    return [user.id, { name: full, short: byShort.get(short).length > 1 ? full : short }];
  });
  return new Map(names);
}

/** Returns [role, label] pairs for a select. */
export const listRoleOptions = () => ROLES.map((role) => [role, translate(`role.${role}`)]);

/** The list of people. The private chat of a person has the person's id. */
export class PeopleList {
  #users = new Map();
  #names = new Map(); // id of a person -> {name, short}
  #newest = new Map(); // id of a person -> newest message of the private chat
  #rows = new RowCache();
  #current = null;
  #onSelect;

  /** `onSelect(id)` is called when a person is clicked or was added. */
  constructor({ onSelect }) {
    this.#onSelect = onSelect;
    findElement(".add-person").addEventListener("click", () => this.#openForm());
  }

  /** Returns a person, or null. */
  getUser(id) {
    return this.#users.get(id) ?? null;
  }

  /** Returns the name that tells this person from the others. */
  getName(id) {
    return this.#names.get(id).name;
  }

  /** Returns the first person, or null. */
  getFirstUser() {
    return this.#users.values().next().value ?? null;
  }

  /** Fetches all people and their newest messages, and shows them. */
  async load() {
    const users = (await api.listUsers()).filter((user) => !user.is_bot);
    this.#users = new Map(users.map((user) => [user.id, user]));
    this.#names = distinguishNames(users);
    this.updateList();
    await Promise.all(users.slice(0, MAX_SHOWN).map((user) => this.#loadNewest(user.id)));
    this.updateList();
  }

  /** Loads the list again if people were added or removed elsewhere; no event reports that. */
  async reloadIfChanged() {
    const ids = (await api.listUsers()).filter((user) => !user.is_bot).map((user) => user.id);
    if (ids.length !== this.#users.size || ids.some((id) => !this.#users.has(id))) await this.load();
  }

  async #loadNewest(id) {
    const { messages } = await api.listMessages(id, { limit: 1 });
    const newest = messages.at(-1);
    // Fewer messages than were seen: another simulator has a person with the same id.
    if ((newest?.message_id ?? 0) < getLastSeenId(id)) setLastSeenId(id, 0);
    if (newest) this.#newest.set(id, newest);
    else this.#newest.delete(id);
  }

  /** Marks a person (or null) as selected and scrolls to the entry. */
  setCurrent(id) {
    this.#current = id;
    this.updateList();
    findElement(`[data-person="${id}"]`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Records that a person's newest message was seen, so that the person has no unread mark. */
  markSeen(id, message) {
    this.#newest.set(id, message);
    setLastSeenId(id, message.message_id);
    this.updateList();
  }

  /** Updates the newest message of a person after an event. */
  async handleEvent(event) {
    const id = event.chat_id;
    if (!(id > 0) || !["message", "edit", "delete"].includes(event.kind)) return;
    if (!this.#users.has(id)) return this.load();
    await this.#loadNewest(id);
    return this.updateList();
  }

  /** Updates the list and the number of unread chats in the title of the page. */
  updateList() {
    const shown = [...this.#users.values()].slice(0, MAX_SHOWN);
    const current = this.getUser(this.#current);
    if (current && !shown.includes(current)) shown.push(current);
    const focused = document.activeElement?.dataset?.person;
    arrangeRows(findElement(".people-list"), shown.map((user) => this.#getRow(user)));
    if (focused) findElement(`[data-person="${focused}"]`)?.focus({ preventScroll: true });
    const unread = shown.filter((user) => this.#isUnread(user.id)).length;
    document.title = (unread ? `(${unread}) ` : "") + translate("page.title");
  }

  #isUnread(id) {
    const newest = this.#newest.get(id);
    return id !== this.#current && newest !== undefined && !isFromPerson(newest) && newest.message_id > getLastSeenId(id);
  }

  #getRow(user) {
    const look = {
      ...this.#names.get(user.id),
      newest: this.#newest.get(user.id),
      unread: this.#isUnread(user.id),
      current: user.id === this.#current,
      role: getRole(user.id),
    };
    const print = JSON.stringify([user, look, getLanguage()]);
    return this.#rows.getRow(user.id, print, () => this.#createEntry(user, look));
  }

  #createEntry(user, { name, short, newest, unread, current, role }) {
    const button = createElement(
      "button",
      {
        type: "button",
        class: "person",
        "data-testid": `person-${user.id}`,
        "data-person": user.id,
        "data-unread": unread ? "true" : null,
        "aria-current": current ? "true" : null,
        title: name,
        on: { click: () => this.#onSelect(user.id) },
      },
      createAvatar(user.id, formatName(user)),
      createElement("span", { class: "person-name" }, name),
      createElement("span", { class: "person-short", "aria-hidden": "true" }, short),
      createElement("span", { class: `badge badge-${role}` }, translate(`role.${role}`)),
      createElement("span", { class: "person-last" }, newest ? createPreviewText(newest) : translate("people.quiet")),
      newest ? createElement("time", { class: "person-time" }, formatTime(newest.date)) : null,
      unread ? createElement("span", { class: "dot", "data-testid": "unread" }, createElement("span", { class: "sr-only" }, translate("people.unread"))) : null,
    );
    return createElement("li", {}, button);
  }

  async #openForm() {
    const values = await openForm(buildPersonForm());
    if (!values) return;
    try {
      await this.#addUser(values.name, values.language, values.role);
    } catch (error) {
      showError(error);
    }
  }

  async #addUser(name, languageCode, role) {
    const user = await api.addUser({ first_name: name, language_code: languageCode });
    setRole(user.id, role);
    await this.load();
    this.#onSelect(user.id);
    showToast(translate("people.added", { name }));
  }

  /** Adds three people, one of each role, to a simulator without people. */
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
      this.#onSelect(users[0].id);
    } catch (error) {
      showError(error);
    }
  }
}

const createPreviewText = (message) => (isFromPerson(message) ? translate("people.mine", { text: summarizeMessage(message) }) : summarizeMessage(message));

function buildPersonForm() {
  return {
    title: translate("person.title"),
    submit: translate("person.submit"),
    fields: [
      { name: "name", label: translate("person.name"), attributes: { maxlength: "64" } },
      { name: "language", label: translate("person.language"), value: getLanguage(), options: [["vi", translate("language.vi")], ["en", translate("language.en")]] },
      { name: "role", label: translate("person.role"), value: "resident", options: listRoleOptions() },
    ],
    check: ({ name }) => (name ? null : translate("person.name.bad")),
  };
}
