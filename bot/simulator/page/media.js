// Build elements for the media of messages: photos, files, locations, contacts.

import { buildFileUrl } from "./api.js";
import { showPhoto } from "./dialog.js";
import { createAvatar, createElement, createIcon } from "./dom.js";
import { formatSize, translate } from "./words.js";

const MAX_PHOTO_SIDE = 340; // pixels
const FILE_FIELDS = ["animation", "video", "video_note", "voice", "audio", "document", "sticker"];

/** Returns the element for the media of a message, or null if it has none that is supported. */
export function createMedia(message) {
  if (message.photo?.length) return createPhoto(message);
  if (message.venue) return createLocationCard(message.venue.location, message.venue.title);
  if (message.location) return createLocationCard(message.location, translate("location.label"));
  if (message.contact) return createContactCard(message.contact);
  const kind = FILE_FIELDS.find((name) => message[name]);
  if (!kind) return null;
  const file = message[kind];
  if (kind === "voice" || kind === "audio") return createSound(file);
  if (kind === "document" || kind === "sticker") return createFileCard(file, "document");
  return createVideo(file);
}

/** Returns a short text about the media of a message, for summaries; empty if it has none. */
export function describeMedia(message) {
  if (message.photo) return translate("attach.photo");
  if (message.venue || message.location) return translate("attach.location");
  if (message.contact) return translate("attach.contact");
  if (message.video || message.animation || message.video_note) return translate("attach.video");
  if (message.voice || message.audio) return translate("attach.voice");
  return message.document?.file_name ?? (message.document ? translate("attach.document") : "");
}

function createPhoto(message) {
  const size = message.photo.reduce((best, one) => (one.width > best.width ? one : best));
  const address = buildFileUrl(size.file_id);
  const alt = message.caption || translate("photo.alt");
  // With width and height, the page does not move when the photo is loaded.
  const scale = Math.min(1, MAX_PHOTO_SIDE / size.width, MAX_PHOTO_SIDE / size.height);
  const [width, height] = [size.width, size.height].map((pixels) => Math.round(pixels * scale));
  const image = createElement("img", { src: address, alt, width, height });
  const open = () => showPhoto(address, alt);
  return createElement("button", { type: "button", class: "photo", "aria-label": translate("photo.open"), on: { click: open } }, image);
}

/** Returns a download link with the name, duration and size of a file. */
function createFileCard(file, kind) {
  const name = file.file_name ?? (kind === "voice" ? translate("voice.name") : translate("file.name"));
  const about = [file.duration ? formatDuration(file.duration) : "", formatSize(file.file_size)];
  return createElement(
    "a",
    { class: "file", href: buildFileUrl(file.file_id), download: name },
    createElement("span", { class: "file-mark" }, createIcon(kind)),
    createElement(
      "span",
      { class: "file-words" },
      createElement("strong", {}, name),
      createElement("span", { class: "file-about" }, about.filter(Boolean).join(" · ")),
    ),
  );
}

/** Returns "minutes:seconds". */
function formatDuration(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function createVideo(file) {
  const player = createElement("video", { controls: true, preload: "metadata", src: buildFileUrl(file.file_id) });
  // Videos of tests are often not playable; then only the card is shown.
  player.addEventListener("error", () => player.remove());
  return createElement("div", { class: "player" }, player, createFileCard(file, "video"));
}

function createSound(file) {
  const player = createElement("audio", { controls: true, preload: "metadata", src: buildFileUrl(file.file_id) });
  player.addEventListener("error", () => player.remove());
  return createElement("div", { class: "player" }, createFileCard(file, "voice"), player);
}

function createLocationCard(location, title) {
  const where = `${location.latitude.toFixed(5)}, ${location.longitude.toFixed(5)}`;
  return createCard("place", createElement("span", { class: "file-mark" }, createIcon("location")), title, where);
}

function createContactCard(person) {
  const name = [person.first_name, person.last_name].filter(Boolean).join(" ");
  return createCard("contact", createAvatar(person.user_id ?? 0, name), name, person.phone_number);
}

/** Returns a card with an icon, a title and a line below it. */
function createCard(kind, mark, title, about) {
  const words = createElement("span", { class: "file-words" }, createElement("strong", {}, title), createElement("span", { class: "file-about" }, about));
  return createElement("div", { class: `file ${kind}`, "data-testid": kind }, mark, words);
}
