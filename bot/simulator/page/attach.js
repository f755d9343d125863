// The attachment menu: sends files, a location, a phone number or an invitation link.

import * as api from "./api.js";
import { openForm, showError, showToast } from "./dialog.js";
import { createElement, findElement, createIcon } from "./dom.js";
import { openMenu } from "./menu.js";
import { formatSize, translate } from "./words.js";

// Kind of file -> the `accept` attribute of its file input.
const ACCEPTED = { photo: "image/*", video: "video/*", voice: "audio/*", document: "" };

// Default values: the centre of Hải Phòng, and a phone number that no operator assigns.
const DEFAULT_LOCATION = { latitude: "20.8449", longitude: "106.6881" };
const SAMPLE_PHONE = "+84900000000";
const MAX_ALBUM_FILES = 10;

/** The button beside the text box, its menu, and a form for each kind of attachment. */
export class AttachmentMenu {
  #person = null;

  constructor() {
    const button = findElement(".composer-row .round[data-testid=attach]");
    button.append(createIcon("attach"));
    button.addEventListener("click", () => this.#openMenu(button));
  }

  /** Sets the person who sends the attachments. */
  setPerson(person) {
    this.#person = person;
  }

  #openMenu(anchor) {
    const files = Object.keys(ACCEPTED).map((kind) => [kind, () => this.#chooseFiles(kind)]);
    const others = [
      ["location", () => this.sendLocation()],
      ["contact", () => this.sendContact()],
      ["link", () => this.#openLink()],
    ];
    const items = [...files, ...others].map(([kind, run]) => ({
      words: translate(`attach.${kind}`),
      icon: kind,
      testid: `attach-${kind}`,
      run,
    }));
    openMenu(anchor, items, { label: translate("attach.label") });
  }

  #chooseFiles(kind) {
    const many = kind !== "voice";
    const input = createElement("input", { type: "file", hidden: true, accept: ACCEPTED[kind], multiple: many });
    input.addEventListener("change", () => {
      input.remove();
      this.offerFiles([...input.files], kind);
    });
    input.addEventListener("cancel", () => input.remove());
    document.body.append(input);
    input.click();
  }

  /** Asks for a caption and sends the files, at most 10. */
  async offerFiles(chosen, kind = chooseFileKind(chosen)) {
    if (chosen.length === 0) return;
    if (chosen.length > MAX_ALBUM_FILES) showToast(translate("files.many"));
    const files = chosen.slice(0, MAX_ALBUM_FILES);
    const { id } = this.#person;
    const values = await openForm({
      title: translate("files.title", { count: files.length }),
      submit: translate("send"),
      extra: createPreviews(files, kind),
      fields: [{ name: "caption", label: translate("files.caption"), attributes: { maxlength: "1024" } }],
    });
    if (!values) return;
    const send = files.length === 1 ? api.sendFile(id, kind, files[0], values.caption) : api.sendAlbum(id, kind, files, values.caption);
    await send.catch(showError);
  }

  /** Asks for a location and sends it. Resolves to true if it was sent. */
  async sendLocation() {
    const number = { inputmode: "decimal" };
    const { id } = this.#person;
    const values = await openForm({
      title: translate("location.title"),
      submit: translate("send"),
      fields: Object.entries(DEFAULT_LOCATION).map(([name, value]) => ({ name, value, label: translate(`location.${name}`), attributes: number })),
      check: (given) => (parseLocation(given) ? null : translate("location.bad")),
    });
    return values !== null && completeRequest(api.performAction(id, "location", parseLocation(values)));
  }

  /** Asks for a phone number and sends it as a contact. Resolves to true if it was sent. */
  async sendContact() {
    const { id } = this.#person;
    const values = await openForm({
      title: translate("contact.title"),
      submit: translate("send"),
      fields: [{ name: "phone", label: translate("contact.phone"), value: SAMPLE_PHONE, attributes: { type: "tel" } }],
      check: ({ phone }) => (/^\+?(?:[\s.-]?\d){8,15}$/u.test(phone) ? null : translate("contact.bad")),
    });
    if (!values) return false;
    const phone = values.phone.replace(/[\s.-]/gu, "");
    return completeRequest(api.performAction(id, "contact", { phone_number: phone }));
  }

  /** Asks for a deep link, or its payload, and opens the bot by it. */
  async #openLink() {
    const { id } = this.#person;
    const values = await openForm({
      title: translate("link.title"),
      submit: translate("start"),
      fields: [{ name: "link", label: translate("link.payload") }],
      check: ({ link }) => (parsePayload(link) ? null : translate("link.bad")),
    });
    if (values) await api.performAction(id, "start", { payload: parsePayload(values.link) }).catch(showError);
  }
}

/** Awaits a request. Shows its error, if any. Resolves to true if it succeeded. */
async function completeRequest(request) {
  try {
    await request;
    return true;
  } catch (error) {
    showError(error);
    return false;
  }
}

/** Returns the kind for pasted or dropped files: photo if all are pictures, else document. */
const chooseFileKind = (files) => (files.every((file) => file.type.startsWith("image/")) ? "photo" : "document");

/** Returns a list of thumbnails (for photos) or of file names with sizes. */
function createPreviews(files, kind) {
  const one = (file) => {
    if (kind !== "photo") return createElement("li", { class: "preview-file" }, createIcon(kind), `${file.name} · ${formatSize(file.size)}`);
    const address = URL.createObjectURL(file);
    const image = createElement("img", { src: address, alt: file.name });
    image.addEventListener("load", () => URL.revokeObjectURL(address));
    return createElement("li", { class: "preview-photo" }, image);
  };
  return createElement("ul", { class: "previews" }, files.map(one));
}

/** Returns {latitude, longitude}, or null if invalid. Accepts the Vietnamese decimal comma. */
function parseLocation(given) {
  const [latitude, longitude] = [given.latitude, given.longitude].map((words) => Number(words.replace(",", ".") || NaN));
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null;
}

/** Returns the payload of a deep link or a bare payload, or null if it is invalid. */
function parsePayload(words) {
  const code = /[?&]start=([^&#\s]*)/u.exec(words)?.[1] ?? words;
  return /^[\w-]{1,64}$/u.test(code) ? code : null;
}
