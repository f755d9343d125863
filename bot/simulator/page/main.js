// The main module: selects a person, and passes the simulator's events to the parts of the page.

import * as api from "./api.js";
import { AttachmentMenu } from "./attach.js";
import { Conversation } from "./chat.js";
import { Composer } from "./composer.js";
import { showError, showToast } from "./dialog.js";
import { createElement, findElement } from "./dom.js";
import { followEvents } from "./live.js";
import { PeopleList, listRoleOptions } from "./people.js";
import { ButtonPresses } from "./presses.js";
import { getRole, getSavedLanguage, setSavedLanguage, setRole } from "./store.js";
import { translatePage, getLanguage, setLanguage, translate } from "./words.js";

const presses = new ButtonPresses();
const attach = new AttachmentMenu();
const composer = new Composer({ offerFiles: (files) => attach.offerFiles(files) });
const people = new PeopleList({ onSelect: selectPerson });
const conversation = new Conversation({
  presses,
  composer,
  attach,
  openLink: openDeepLink,
  onSeen: (person, message) => people.markSeen(person.id, message),
});

let person = null;
let bot = null;
let lost = false;

/** Selects a person by the URL's fragment, so that the browser's "back" works. */
function selectPerson(id) {
  if (location.hash === `#${id}`) openPerson();
  else location.hash = `#${id}`;
}

/** Opens the conversation of the person in the URL, else of the first person. */
async function openPerson() {
  const asked = Number(location.hash.slice(1));
  const found = people.getUser(asked);
  if (!found && asked) showToast(translate("people.unknown", { id: asked }));
  const next = found ?? people.getFirstUser();
  if (next && !found) history.replaceState(null, "", `/#${next.id}`);
  const changed = next?.id !== person?.id;
  person = next;
  updateHeader();
  people.setCurrent(person?.id ?? null);
  if (!person) return conversation.close();
  try {
    await (changed ? conversation.open(person) : conversation.reload());
  } catch (error) {
    showError(error);
  }
}

function updateHeader() {
  document.body.classList.toggle("nobody", person === null);
  findElement(".chat-title").textContent = bot?.first_name ?? translate("chat.bot");
  findElement(".role-person").textContent = person ? people.getName(person.id) : "";
  const select = findElement(".role-select");
  select.replaceChildren(...listRoleOptions().map(([key, words]) => createElement("option", { value: key }, words)));
  if (person) select.value = getRole(person.id);
  updateWelcome();
}

function updateWelcome() {
  const welcome = findElement(".welcome");
  const name = person ? people.getName(person.id) : "";
  const key = person ? "welcome" : "nobody";
  const add = () => people.addSamples();
  welcome.hidden = false;
  welcome.replaceChildren(
    createElement("img", { src: "/page/icon.svg", alt: "", width: "72", height: "72" }),
    createElement("h2", {}, translate(`${key}.title`)),
    createElement("p", {}, translate(`${key}.text`, { name })),
  );
  if (!person) {
    welcome.append(createElement("button", { type: "button", class: "primary", "data-testid": "samples", on: { click: add } }, translate("nobody.samples")));
  }
}

/** Opens the bot if a URL is its deep link, and returns true. Returns false for other URLs. */
function openDeepLink(address) {
  const { hostname, pathname, searchParams } = new URL(address);
  const isBot = ["t.me", "telegram.me"].includes(hostname) && pathname.slice(1).toLowerCase() === bot?.username?.toLowerCase();
  if (!isBot || !person) return false;
  const payload = searchParams.get("start");
  api.performAction(person.id, "start", payload ? { payload } : {}).catch(showError);
  return true;
}

/** Fetches all data again, after a connection or a reset. */
async function reloadAll() {
  bot = (await api.listBots())[0] ?? null;
  await people.load();
  await openPerson();
  await presses.fetchMissedAnswers();
  updateConnection(true);
}

/** Shows or hides the banner about a lost connection. */
function updateConnection(connected) {
  const banner = findElement(".banner");
  banner.hidden = connected;
  banner.textContent = connected ? "" : translate("offline");
  document.body.classList.toggle("offline", !connected);
  if (connected && lost) showToast(translate("online.again"));
  lost = !connected;
}

/** Passes an event of the simulator to the parts of the page that show it. */
function handleEvent(event) {
  if (event.kind === "reset") reloadAll().catch(showError);
  else if (event.kind === "callback_answer") presses.handleAnswer(event);
  else {
    people.handleEvent(event).then(openFirstPerson).catch(ignoreError);
    conversation.handleEvent(event);
  }
}

/** Opens the first person if none is selected. */
function openFirstPerson() {
  if (person === null && people.getFirstUser() !== null) openPerson();
}

/** Ignores the error of a background request. followEvents shows a lost connection. */
function ignoreError() {}

const refreshPeople = () => people.reloadIfChanged().then(openFirstPerson).catch(ignoreError);

/** Shows all texts in the present language. */
function updateWords() {
  translatePage();
  const button = findElement(".language");
  button.textContent = translate("language.short");
  button.setAttribute("aria-label", translate("language.switch"));
  button.title = translate("language.switch");
  composer.updateWords();
  people.updateList();
  updateHeader();
  conversation.updateWords();
  if (lost) updateConnection(false);
}

/** Reads the demo's URL, such as `/?as=7&roles=7:officer,8:resident`; replaces it by `/#7`. */
function readPageUrl() {
  const query = new URLSearchParams(location.search);
  for (const pair of (query.get("roles") ?? "").split(",")) {
    const [id, role] = pair.split(":");
    setRole(id, role);
  }
  if (location.search) history.replaceState(null, "", query.has("as") ? `/#${query.get("as")}` : `/${location.hash}`);
}

function addListeners() {
  addEventListener("hashchange", openPerson);
  addEventListener("focus", refreshPeople);
  findElement(".language").addEventListener("click", () => {
    setLanguage(getLanguage() === "vi" ? "en" : "vi");
    setSavedLanguage(getLanguage());
    updateWords();
  });
  findElement(".role-select").addEventListener("change", (event) => {
    setRole(person.id, event.target.value);
    people.updateList();
  });
  const stage = findElement("main.chat");
  stage.addEventListener("dragover", (event) => event.preventDefault());
  stage.addEventListener("drop", (event) => {
    event.preventDefault();
    if (person) attach.offerFiles([...event.dataTransfer.files]);
  });
}

setLanguage(getSavedLanguage());
readPageUrl();
addListeners();
updateWords();
followEvents({ onConnected: reloadAll, onLost: () => updateConnection(false), onEvent: handleEvent, onQuiet: refreshPeople });
