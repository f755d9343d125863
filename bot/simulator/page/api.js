// The simulator's control interface (docs/simulator.md), as functions.

/** The simulator answered and said no; the message says why. */
export class Refused extends Error {}

/** The simulator did not answer at all. */
export class Unreachable extends Error {}

async function call(path, { body, query, timeout = 30_000 } = {}) {
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
  return answerOf(await reach(address, request));
}

async function reach(address, request) {
  try {
    return await fetch(address, request);
  } catch (error) {
    throw new Unreachable(String(error));
  }
}

async function answerOf(response) {
  let answer;
  try {
    answer = await response.json();
  } catch (error) {
    throw new Unreachable(`${response.status} ${error}`);
  }
  if (!response.ok) throw new Refused(answer.error ?? String(response.status));
  return answer;
}

export const users = async () => (await call("/sim/users")).users;
export const addUser = async (user) => (await call("/sim/users", { body: user })).user;
export const bots = async () => (await call("/sim/bots")).bots;
export const callback = (id) => call(`/sim/callbacks/${encodeURIComponent(id)}`);
export const messages = (chat, query) => call(`/sim/chats/${chat}/messages`, { query });
export const commands = async (chat, user) =>
  (await call(`/sim/chats/${chat}/commands`, { query: { user_id: user } })).commands;

/** Events after one id; waits on the server up to `wait` seconds for the first. */
export const events = (after, wait) =>
  call("/sim/events", { query: { after, wait }, timeout: (wait + 15) * 1000 });

export const act = (user, name, body = {}) => call(`/sim/users/${user}/${name}`, { body });

/** One file with its caption, as a person sends it; `kind` is photo, video, voice or document. */
export function sendFile(user, kind, file, caption) {
  const form = new FormData();
  form.set("file", file, file.name);
  if (caption) form.set("caption", caption);
  return call(`/sim/users/${user}/${kind}`, { body: form, timeout: 120_000 });
}

/** Several files as one album: the control interface takes albums as JSON only. */
export async function sendAlbum(user, kind, files, caption) {
  const items = [];
  for (const file of files) {
    const item = { type: kind, content: await base64(file), file_name: file.name };
    if (file.type) item.mime_type = file.type;
    if (caption && items.length === 0) item.caption = caption;
    items.push(item);
  }
  return call(`/sim/users/${user}/album`, { body: { items }, timeout: 120_000 });
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Refused(String(reader.error)));
    reader.readAsDataURL(file);
  });
}

export const fileAddress = (fileId) => `/sim/files/${encodeURIComponent(fileId)}`;
