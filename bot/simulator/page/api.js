// Functions for requests to the simulator's control interface (docs/simulator.md).
// Each returns the JSON of the response and throws RequestRefused or SimulatorUnreachable.

/** The simulator answered with an error status. The message has the reason. */
export class RequestRefused extends Error {}

/** The simulator sent no answer, or one that is not JSON. */
export class SimulatorUnreachable extends Error {}

/** Sends a request: a POST if it has a body (FormData or JSON), else a GET. `timeout` is in ms. */
async function callSimulator(path, { body, query, timeout = 30_000 } = {}) {
  const address = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) address.searchParams.set(name, String(value));
  }
  const request = { signal: AbortSignal.timeout(timeout), cache: "no-store" };
  if (body !== undefined) {
    request.method = "POST";
    if (body instanceof FormData) {
      request.body = body;
    } else {
      request.body = JSON.stringify(body);
      request.headers = { "Content-Type": "application/json" };
    }
  }
  return readAnswer(await fetchResponse(address, request));
}

async function fetchResponse(address, request) {
  try {
    return await fetch(address, request);
  } catch (error) {
    throw new SimulatorUnreachable(String(error));
  }
}

async function readAnswer(response) {
  let answer;
  try {
    answer = await response.json();
  } catch (error) {
    throw new SimulatorUnreachable(`${response.status} ${error}`);
  }
  if (!response.ok) throw new RequestRefused(answer.error ?? String(response.status));
  return answer;
}

/** Returns all people and bots. */
export const listUsers = async () => (await callSimulator("/sim/users")).users;
/** Adds a person with the fields of NewUserForm; returns the person. */
export const addUser = async (user) => (await callSimulator("/sim/users", { body: user })).user;
/** Returns the bots; the page uses the first. */
export const listBots = async () => (await callSimulator("/sim/bots")).bots;
/** Returns the state of a callback query: whether it was answered, and the answer. */
export const readCallback = (id) => callSimulator(`/sim/callbacks/${encodeURIComponent(id)}`);
/** Returns {messages, reply_keyboard, placeholder} of a chat; `query` has after and limit. */
export const listMessages = (chat, query) => callSimulator(`/sim/chats/${chat}/messages`, { query });
/** Returns the bot's commands for a user in a chat. */
export const listCommands = async (chat, user) =>
  (await callSimulator(`/sim/chats/${chat}/commands`, { query: { user_id: user } })).commands;

/** Returns {events, last}: the events with a higher id than `after`; waits up to `wait` seconds. */
export const waitForEvents = (after, wait) =>
  callSimulator("/sim/events", { query: { after, wait }, timeout: (wait + 15) * 1000 });

/** Performs an action (`name` as in the control interface) as a person; returns the new ids. */
export const performAction = (user, name, body = {}) => callSimulator(`/sim/users/${user}/${name}`, { body });

/** Sends one file as a person. `kind` is photo, video, voice or document. */
export function sendFile(user, kind, file, caption) {
  const form = new FormData();
  form.set("file", file, file.name);
  if (caption) form.set("caption", caption);
  return callSimulator(`/sim/users/${user}/${kind}`, { body: form, timeout: 120_000 });
}

/** Sends 2 to 10 files as one album, in JSON. The caption belongs to the first file. */
export async function sendAlbum(user, kind, files, caption) {
  const items = [];
  for (const file of files) {
    const item = { type: kind, content: await encodeBase64(file), file_name: file.name };
    if (file.type) item.mime_type = file.type;
    if (caption && items.length === 0) item.caption = caption;
    items.push(item);
  }
  return callSimulator(`/sim/users/${user}/album`, { body: { items }, timeout: 120_000 });
}

/** Resolves to the content of a file in base64. */
function encodeBase64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new RequestRefused(String(reader.error)));
    reader.readAsDataURL(file);
  });
}

/** Returns the path from which a file can be downloaded. */
export const buildFileUrl = (fileId) => `/sim/files/${encodeURIComponent(fileId)}`;
