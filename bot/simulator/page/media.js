// What a message carries besides text: photos, files, places, contacts.

import { fileAddress } from "./api.js";
import { showPhoto } from "./dialog.js";
import { avatar, el, icon } from "./dom.js";
import { sizeOf, t } from "./words.js";

const LARGEST = 340; // pixels of a photo's longer side in the conversation
const FILES = ["animation", "video", "video_note", "voice", "audio", "document", "sticker"];

/** The element of the message's medium, or null when it has none that the page knows. */
export function renderMedia(message) {
  if (message.photo?.length) return photo(message);
  if (message.venue) return place(message.venue.location, message.venue.title);
  if (message.location) return place(message.location, t("location.label"));
  if (message.contact) return contact(message.contact);
  const kind = FILES.find((name) => message[name]);
  if (!kind) return null;
  const file = message[kind];
  if (kind === "voice" || kind === "audio") return sound(file);
  if (kind === "document" || kind === "sticker") return fileCard(file, "document");
  return video(file);
}

/** A few words that stand for the medium in the list of people and in a quote. */
export function mediaName(message) {
  if (message.photo) return t("attach.photo");
  if (message.venue || message.location) return t("attach.location");
  if (message.contact) return t("attach.contact");
  if (message.video || message.animation || message.video_note) return t("attach.video");
  if (message.voice || message.audio) return t("attach.voice");
  return message.document?.file_name ?? (message.document ? t("attach.document") : "");
}

function photo(message) {
  const size = message.photo.reduce((best, one) => (one.width > best.width ? one : best));
  const address = fileAddress(size.file_id);
  const alt = message.caption || t("photo.alt");
  // Width and height keep the place free, so that the conversation does not jump on loading.
  const scale = Math.min(1, LARGEST / size.width, LARGEST / size.height);
  const [width, height] = [size.width, size.height].map((pixels) => Math.round(pixels * scale));
  const image = el("img", { src: address, alt, width, height });
  const open = () => showPhoto(address, alt);
  return el("button", { type: "button", class: "photo", "aria-label": t("photo.open"), on: { click: open } }, image);
}

function fileCard(file, kind) {
  const name = file.file_name ?? (kind === "voice" ? t("voice.name") : t("file.name"));
  const about = [file.duration ? duration(file.duration) : "", sizeOf(file.file_size)];
  return el(
    "a",
    { class: "file", href: fileAddress(file.file_id), download: name },
    el("span", { class: "file-mark" }, icon(kind)),
    el(
      "span",
      { class: "file-words" },
      el("strong", {}, name),
      el("span", { class: "file-about" }, about.filter(Boolean).join(" · ")),
    ),
  );
}

function duration(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function video(file) {
  const player = el("video", { controls: true, preload: "metadata", src: fileAddress(file.file_id) });
  // A test's video is often a few made-up bytes: the card below says enough about those.
  player.addEventListener("error", () => player.remove());
  return el("div", { class: "player" }, player, fileCard(file, "video"));
}

function sound(file) {
  const player = el("audio", { controls: true, preload: "metadata", src: fileAddress(file.file_id) });
  player.addEventListener("error", () => player.remove());
  return el("div", { class: "player" }, fileCard(file, "voice"), player);
}

function place(location, title) {
  const where = `${location.latitude.toFixed(5)}, ${location.longitude.toFixed(5)}`;
  return card("place", el("span", { class: "file-mark" }, icon("location")), title, where);
}

function contact(person) {
  const name = [person.first_name, person.last_name].filter(Boolean).join(" ");
  return card("contact", avatar(person.user_id ?? 0, name), name, person.phone_number);
}

function card(kind, mark, title, about) {
  const words = el("span", { class: "file-words" }, el("strong", {}, title), el("span", { class: "file-about" }, about));
  return el("div", { class: `file ${kind}`, "data-testid": kind }, mark, words);
}
