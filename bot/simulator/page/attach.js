// Sending what is not text: files, a place, a phone number, an invitation link.

import * as api from "./api.js";
import { ask, tell, toast } from "./dialog.js";
import { el, find, icon } from "./dom.js";
import { openMenu } from "./menu.js";
import { sizeOf, t } from "./words.js";

const ACCEPTED = { photo: "image/*", video: "video/*", voice: "audio/*", document: "" };

// Hải Phòng's centre; the number is one that no operator gives out.
const CENTRE = { latitude: "20.8449", longitude: "106.6881" };
const SAMPLE_PHONE = "+84900000000";
const ALBUM_LIMIT = 10;

export class Attach {
  #person = null;

  constructor() {
    const button = find(".composer-row .round[data-testid=attach]");
    button.append(icon("attach"));
    button.addEventListener("click", () => this.#openMenu(button));
  }

  open(person) {
    this.#person = person;
  }

  #openMenu(anchor) {
    const files = Object.keys(ACCEPTED).map((kind) => [kind, () => this.#pick(kind)]);
    const others = [
      ["location", () => this.sendLocation()],
      ["contact", () => this.sendContact()],
      ["link", () => this.#openLink()],
    ];
    const items = [...files, ...others].map(([kind, run]) => ({
      words: t(`attach.${kind}`),
      icon: kind,
      testid: `attach-${kind}`,
      run,
    }));
    openMenu(anchor, items, { label: t("attach.label") });
  }

  #pick(kind) {
    const many = kind !== "voice";
    const input = el("input", { type: "file", hidden: true, accept: ACCEPTED[kind], multiple: many });
    input.addEventListener("change", () => {
      input.remove();
      this.offer([...input.files], kind);
    });
    input.addEventListener("cancel", () => input.remove());
    document.body.append(input);
    input.click();
  }

  /** Shows what is about to be sent, asks for a caption, sends it. */
  async offer(chosen, kind = kindOf(chosen)) {
    if (chosen.length === 0) return;
    if (chosen.length > ALBUM_LIMIT) toast(t("files.many"));
    const files = chosen.slice(0, ALBUM_LIMIT);
    const { id } = this.#person;
    const values = await ask({
      title: t("files.title", { count: files.length }),
      submit: t("send"),
      extra: previews(files, kind),
      fields: [{ name: "caption", label: t("files.caption"), attributes: { maxlength: "1024" } }],
    });
    if (!values) return;
    const send = files.length === 1 ? api.sendFile(id, kind, files[0], values.caption) : api.sendAlbum(id, kind, files, values.caption);
    await send.catch(tell);
  }

  /** True once it was sent; so does `sendContact`. */
  async sendLocation() {
    const number = { inputmode: "decimal" };
    const { id } = this.#person;
    const values = await ask({
      title: t("location.title"),
      submit: t("send"),
      fields: Object.entries(CENTRE).map(([name, value]) => ({ name, value, label: t(`location.${name}`), attributes: number })),
      check: (given) => (placeOf(given) ? null : t("location.bad")),
    });
    return values !== null && sent(api.act(id, "location", placeOf(values)));
  }

  async sendContact() {
    const { id } = this.#person;
    const values = await ask({
      title: t("contact.title"),
      submit: t("send"),
      fields: [{ name: "phone", label: t("contact.phone"), value: SAMPLE_PHONE, attributes: { type: "tel" } }],
      check: ({ phone }) => (/^\+?(?:[\s.-]?\d){8,15}$/u.test(phone) ? null : t("contact.bad")),
    });
    if (!values) return false;
    const phone = values.phone.replace(/[\s.-]/gu, "");
    return sent(api.act(id, "contact", { phone_number: phone }));
  }

  async #openLink() {
    const { id } = this.#person;
    const values = await ask({
      title: t("link.title"),
      submit: t("start"),
      fields: [{ name: "link", label: t("link.payload") }],
      check: ({ link }) => (payloadOf(link) ? null : t("link.bad")),
    });
    if (values) await api.act(id, "start", { payload: payloadOf(values.link) }).catch(tell);
  }
}

async function sent(act) {
  try {
    await act;
    return true;
  } catch (error) {
    tell(error);
    return false;
  }
}

/** Photos when all are pictures, plain files otherwise: what pasted or dropped files are sent as. */
const kindOf = (files) => (files.every((file) => file.type.startsWith("image/")) ? "photo" : "document");

function previews(files, kind) {
  const one = (file) => {
    if (kind !== "photo") return el("li", { class: "preview-file" }, icon(kind), `${file.name} · ${sizeOf(file.size)}`);
    const address = URL.createObjectURL(file);
    const image = el("img", { src: address, alt: file.name });
    image.addEventListener("load", () => URL.revokeObjectURL(address));
    return el("li", { class: "preview-photo" }, image);
  };
  return el("ul", { class: "previews" }, files.map(one));
}

/** The place typed, or null; a comma is what Vietnamese keyboards give for the decimal point. */
function placeOf(given) {
  const [latitude, longitude] = [given.latitude, given.longitude].map((words) => Number(words.replace(",", ".") || NaN));
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null;
}

function payloadOf(words) {
  const code = /[?&]start=([^&#\s]*)/u.exec(words)?.[1] ?? words;
  return /^[\w-]{1,64}$/u.test(code) ? code : null;
}
