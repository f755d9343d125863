// The page: who is chosen, and what an event changes.

import * as api from "./api.js";
import { Attach } from "./attach.js";
import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { tell, toast } from "./dialog.js";
import { el, find } from "./dom.js";
import { live } from "./live.js";
import { nameOf, People, roleOptions } from "./people.js";
import { Presses } from "./presses.js";
import { roleOf, savedLanguage, saveLanguage, setRole } from "./store.js";
import { applyWords, language, setLanguage, t } from "./words.js";

const presses = new Presses();
const attach = new Attach();
const composer = new Composer({ offerFiles: (files) => attach.offer(files) });
const people = new People({ choose });
const chat = new Chat({
  presses,
  composer,
  attach,
  links: openDeepLink,
  seen: (person, message) => people.seen(person.id, message),
});

let person = null;
let bot = null;
let lost = false;

function choose(id) {
  if (location.hash === `#${id}`) openPerson();
  else location.hash = `#${id}`; // a step in the history: "back" is the person before
}

/** Opens whom the address names, or the first there is. */
async function openPerson() {
  const asked = Number(location.hash.slice(1));
  const found = people.get(asked);
  if (!found && asked) toast(t("people.unknown", { id: asked }));
  const next = found ?? people.first();
  if (next && !found) history.replaceState(null, "", `/#${next.id}`);
  const changed = next?.id !== person?.id;
  person = next;
  showPerson();
  people.setCurrent(person?.id ?? null);
  if (!person) return chat.close();
  try {
    await (changed ? chat.open(person) : chat.reload());
  } catch (error) {
    tell(error);
  }
}

function showPerson() {
  document.body.classList.toggle("nobody", person === null);
  find(".chat-title").textContent = bot?.first_name ?? t("chat.bot");
  find(".role-person").textContent = person ? nameOf(person) : "";
  const select = find(".role-select");
  select.replaceChildren(...roleOptions().map(([key, words]) => el("option", { value: key }, words)));
  if (person) select.value = roleOf(person.id);
  showWelcome();
}

function showWelcome() {
  const welcome = find(".welcome");
  const name = person ? nameOf(person) : "";
  const key = person ? "welcome" : "nobody";
  const add = () => people.addSamples();
  welcome.hidden = false;
  welcome.replaceChildren(
    el("img", { src: "/page/icon.svg", alt: "", width: "72", height: "72" }),
    el("h2", {}, t(`${key}.title`)),
    el("p", {}, t(`${key}.text`, { name })),
  );
  if (!person) {
    welcome.append(el("button", { type: "button", class: "primary", "data-testid": "samples", on: { click: add } }, t("nobody.samples")));
  }
}

/** A link to the bot itself opens it here, with its payload; other links are the browser's. */
function openDeepLink(address) {
  const { hostname, pathname, searchParams } = new URL(address);
  const isBot = ["t.me", "telegram.me"].includes(hostname) && pathname.slice(1).toLowerCase() === bot?.username?.toLowerCase();
  if (!isBot || !person) return false;
  const payload = searchParams.get("start");
  api.act(person.id, "start", payload ? { payload } : {}).catch(tell);
  return true;
}

/** After a connection, or a reset, nothing that was known holds. */
async function resync() {
  bot = (await api.bots())[0] ?? null;
  await people.load();
  await openPerson();
  await presses.catchUp();
  showConnection(true);
}

function showConnection(connected) {
  const banner = find(".banner");
  banner.hidden = connected;
  banner.textContent = connected ? "" : t("offline");
  document.body.classList.toggle("offline", !connected);
  if (connected && lost) toast(t("online.again"));
  lost = !connected;
}

function onEvent(event) {
  if (event.kind === "reset") resync().catch(tell);
  else if (event.kind === "callback_answer") presses.answered(event);
  else {
    people.onEvent(event).then(openFirst).catch(ignore);
    chat.onEvent(event);
  }
}

/** Nobody was there before: the first to appear is opened. */
function openFirst() {
  if (person === null && people.first() !== null) openPerson();
}

/** For what runs by itself: a lost server is noticed, and told, by the stream of events. */
function ignore() {}

const refreshPeople = () => people.refresh().then(openFirst).catch(ignore);

function renderWords() {
  applyWords();
  const button = find(".language");
  button.textContent = t("language.short");
  button.setAttribute("aria-label", t("language.switch"));
  button.title = t("language.switch");
  composer.renderWords();
  people.render();
  showPerson();
  chat.renderWords();
  if (lost) showConnection(false);
}

/** `/?as=7&roles=7:officer,8:resident` is what a demo prints; the page keeps `/#7`. */
function readAddress() {
  const query = new URLSearchParams(location.search);
  for (const pair of (query.get("roles") ?? "").split(",")) {
    const [id, role] = pair.split(":");
    setRole(id, role);
  }
  if (location.search) history.replaceState(null, "", query.has("as") ? `/#${query.get("as")}` : `/${location.hash}`);
}

function listen() {
  addEventListener("hashchange", openPerson);
  addEventListener("focus", refreshPeople);
  find(".language").addEventListener("click", () => {
    setLanguage(language() === "vi" ? "en" : "vi");
    saveLanguage(language());
    renderWords();
  });
  find(".role-select").addEventListener("change", (event) => {
    setRole(person.id, event.target.value);
    people.render();
  });
  const stage = find("main.chat");
  stage.addEventListener("dragover", (event) => event.preventDefault());
  stage.addEventListener("drop", (event) => {
    event.preventDefault();
    if (person) attach.offer([...event.dataTransfer.files]);
  });
}

setLanguage(savedLanguage());
readAddress();
listen();
renderWords();
live({ onConnected: resync, onLost: () => showConnection(false), onEvent, onQuiet: refreshPeople });
