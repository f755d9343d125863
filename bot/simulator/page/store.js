// Settings in the browser's local storage: language, roles, last messages seen, drafts.
// Without local storage (for example in a private window), they last until the page is closed.

const KEY = "langnghe.simulator";

export const ROLES = ["resident", "officer", "organiser"];

function readStorage() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {}; // there is no storage, or its content is damaged
  }
}

/** language; roles: person id -> role; seen: person id -> message id; drafts: person id -> text */
const settings = { language: "vi", roles: {}, seen: {}, drafts: {}, ...readStorage() };

function writeStorage() {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // there is no storage
  }
}

/** Returns "vi" or "en". */
export const getSavedLanguage = () => settings.language;

export function setSavedLanguage(language) {
  settings.language = language;
  writeStorage();
}

/** Returns the role that is shown for a person. The bot does not know it. */
export const getRole = (id) => settings.roles[id] ?? "resident";

/** Stores a role. An unknown role is ignored. */
export function setRole(id, role) {
  if (!ROLES.includes(role)) return;
  settings.roles[id] = role;
  writeStorage();
}

/** Returns the id of the last message that was shown for a person; 0 if none. */
export const getLastSeenId = (id) => settings.seen[id] ?? 0;

export function setLastSeenId(id, messageId) {
  if (settings.seen[id] === messageId) return;
  settings.seen[id] = messageId;
  writeStorage();
}

/** Returns the unsent text of a person. */
export const getDraft = (id) => settings.drafts[id] ?? "";

/** Stores the unsent text of a person. An empty text deletes it. */
export function setDraft(id, text) {
  if (text) settings.drafts[id] = text;
  else delete settings.drafts[id];
  writeStorage();
}
