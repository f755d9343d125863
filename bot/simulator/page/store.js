// What the page remembers in this browser: language, roles, what was seen, unsent text.

const KEY = "langnghe.simulator";

export const ROLES = ["resident", "officer", "organiser"];

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {}; // storage that is closed or damaged costs the memory, not the page
  }
}

const memory = { language: "vi", roles: {}, seen: {}, drafts: {}, ...read() };

function write() {
  try {
    localStorage.setItem(KEY, JSON.stringify(memory));
  } catch {
    // a private window may have no storage: the page works on without a memory
  }
}

export const savedLanguage = () => memory.language;

export function saveLanguage(language) {
  memory.language = language;
  write();
}

export const roleOf = (id) => memory.roles[id] ?? "resident";

export function setRole(id, role) {
  if (!ROLES.includes(role)) return;
  memory.roles[id] = role;
  write();
}

export const seenOf = (id) => memory.seen[id] ?? 0;

export function setSeen(id, messageId) {
  if (memory.seen[id] === messageId) return;
  memory.seen[id] = messageId;
  write();
}

export const draftOf = (id) => memory.drafts[id] ?? "";

export function setDraft(id, text) {
  if (text) memory.drafts[id] = text;
  else delete memory.drafts[id];
  write();
}
