// The texts of the page in Vietnamese and English, and the formats of times and sizes.

// Key -> [Vietnamese, English].
const WORDS = {
  "brand": ["Lắng nghe", "Lắng nghe"],
  "brand.sub": ["Trình mô phỏng tập huấn", "Training simulator"],
  "page.title": ["Lắng nghe – Trình mô phỏng", "Lắng nghe – Simulator"],
  "training": [
    "Trình mô phỏng tập huấn trên máy này, không gửi gì tới Telegram.",
    "A training simulator on this computer. Nothing is sent to Telegram.",
  ],
  "language.switch": ["Chuyển sang tiếng Anh (English)", "Switch to Vietnamese (Tiếng Việt)"],
  "language.short": ["EN", "VI"],

  "people.title": ["Ông/bà đang trong vai", "Who you are"],
  "people.label": ["Chọn người", "Choose a person"],
  "people.add": ["Thêm người", "Add a person"],
  "people.unread": ["có tin mới", "new messages"],
  "people.quiet": ["Chưa trò chuyện", "No conversation yet"],
  "people.mine": ["Tôi: {text}", "Me: {text}"],
  "people.unknown": ["Không có người mang số {id} trong trình mô phỏng.", "The simulator has no person {id}."],
  "people.added": ["Đã thêm {name}.", "{name} was added."],
  "person.title": ["Thêm người", "Add a person"],
  "person.name": ["Họ và tên", "Name"],
  "person.language": ["Ngôn ngữ của ứng dụng", "Language of the app"],
  "person.role": ["Vai (chỉ là nhãn trên trang này)", "Role (a label on this page only)"],
  "person.submit": ["Thêm", "Add"],
  "person.name.bad": ["Xin ông/bà nhập họ tên, dài nhất 64 chữ.", "Please give a name of at most 64 letters."],
  "language.vi": ["Tiếng Việt", "Vietnamese"],
  "language.en": ["Tiếng Anh", "English"],
  "role.label": ["Vai của người này", "This person's role"],
  "role.resident": ["Người dân", "Resident"],
  "role.officer": ["Cán bộ", "Officer"],
  "role.organiser": ["Ban tổ chức", "Organiser"],

  "chat.bot": ["Công an lắng nghe ý kiến", "The police listen"],
  "status.ready": ["Sẵn sàng", "Ready"],
  "status.typing": ["đang soạn tin", "is typing"],
  "status.file": ["đang gửi tệp", "is sending a file"],
  "status.offline": ["Mất kết nối", "Not connected"],
  "offline": [
    "Mất kết nối với trình mô phỏng. Trang đang tự kết nối lại…",
    "The simulator does not answer. Reconnecting by itself…",
  ],
  "offline.unsent": [
    "Chưa gửi được: mất kết nối với trình mô phỏng.",
    "Not sent: the simulator does not answer.",
  ],
  "online.again": ["Đã kết nối lại.", "Connected again."],
  "log.label": ["Nội dung trò chuyện", "Conversation"],
  "log.newest": ["Xuống tin mới nhất", "To the newest message"],
  "welcome.title": ["Chưa có tin nhắn", "No messages yet"],
  "welcome.text": [
    "Chọn “Bắt đầu” để mở cuộc trò chuyện với hệ thống trong vai {name}.",
    "Choose “Start” to open the conversation with the bot as {name}.",
  ],
  "nobody.title": ["Kính chào ông/bà", "Welcome"],
  "nobody.text": [
    "Trình mô phỏng chưa có người nào. Xin thêm một người, hoặc tạo ba người mẫu: người dân, cán bộ, ban tổ chức.",
    "The simulator has nobody yet. Add a person, or three sample people: a resident, an officer, an organiser.",
  ],
  "nobody.samples": ["Tạo ba người mẫu", "Add three sample people"],
  "start": ["Bắt đầu", "Start"],

  "from.me": ["Tôi", "Me"],
  "from.bot": ["Hệ thống", "Bot"],
  "edited": ["đã sửa", "edited"],
  "message.menu": ["Thao tác với tin nhắn", "Message actions"],
  "message.reply": ["Trả lời", "Reply"],
  "message.copy": ["Sao chép", "Copy"],
  "message.edit": ["Sửa", "Edit"],
  "message.unknown": ["Loại tin nhắn này chưa hiển thị được trên trang.", "The page cannot show this kind of message."],
  "message.gone": ["Tin nhắn đã xóa", "Deleted message"],
  "spoiler": ["Nội dung ẩn, chọn để xem", "Hidden text, choose to show"],
  "forwarded": ["Chuyển tiếp", "Forwarded"],

  "menu": ["Lệnh", "Menu"],
  "menu.label": ["Danh sách lệnh", "List of commands"],
  "menu.empty": ["Chưa có lệnh nào cho người này.", "This person's menu has no commands."],
  "composer.label": ["Soạn tin nhắn", "Write a message"],
  "composer.placeholder": ["Soạn tin…", "Message…"],
  "send": ["Gửi", "Send"],
  "context.editing": ["Đang sửa tin nhắn", "Editing a message"],
  "context.replying": ["Trả lời tin nhắn", "Replying to a message"],
  "context.cancel": ["Thôi", "Cancel"],
  "keyboard.label": ["Bàn phím trả lời", "Reply keyboard"],
  "keyboard.toggle": ["Hiện hoặc ẩn bàn phím trả lời", "Show or hide the reply keyboard"],
  "inline.label": ["Các nút của tin nhắn", "Buttons of the message"],
  "inline.newtab": ["{text} (mở thẻ mới)", "{text} (opens a new tab)"],
  "inline.unable": ["Trang này chưa hỗ trợ loại nút đó.", "The page cannot work this kind of button."],
  "press.silent": ["Hệ thống chưa trả lời nút này.", "The bot has not answered this button."],

  "attach.label": ["Đính kèm", "Attach"],
  "attach.photo": ["Ảnh", "Photo"],
  "attach.video": ["Video", "Video"],
  "attach.document": ["Tệp", "File"],
  "attach.voice": ["Ghi âm", "Voice recording"],
  "attach.location": ["Vị trí", "Location"],
  "attach.contact": ["Số điện thoại", "Phone number"],
  "attach.link": ["Mở bằng đường dẫn mời", "Open an invitation link"],
  "files.title": ["Gửi {count} tệp", "Send {count} file(s)"],
  "files.caption": ["Lời kèm (nếu có)", "Caption (optional)"],
  "files.many": ["Mỗi lần gửi nhiều nhất 10 tệp; đã giữ 10 tệp đầu.", "An album has 10 files at most; the first 10 were kept."],
  "location.title": ["Gửi vị trí", "Send a location"],
  "location.latitude": ["Vĩ độ", "Latitude"],
  "location.longitude": ["Kinh độ", "Longitude"],
  "location.bad": ["Vĩ độ từ −90 đến 90, kinh độ từ −180 đến 180.", "Latitude is −90 to 90, longitude −180 to 180."],
  "contact.title": ["Gửi số điện thoại", "Send a phone number"],
  "contact.phone": ["Số điện thoại", "Phone number"],
  "contact.bad": ["Số điện thoại gồm 8 đến 15 chữ số.", "A phone number has 8 to 15 digits."],
  "link.title": ["Mở bằng đường dẫn mời", "Open an invitation link"],
  "link.payload": ["Đường dẫn hoặc mã sau “start=”", "The link, or the code after “start=”"],
  "link.bad": ["Mã gồm chữ không dấu, số, “_” và “-”, dài nhất 64.", "The code has letters, digits, “_” and “-”, 64 at most."],
  "location.label": ["Vị trí", "Location"],
  "photo.open": ["Xem ảnh lớn", "See the photo larger"],
  "photo.alt": ["Ảnh", "Photo"],
  "file.name": ["tệp", "file"],
  "voice.name": ["Ghi âm", "Voice recording"],

  "ok": ["Đã hiểu", "OK"],
  "cancel": ["Thôi", "Cancel"],
  "close": ["Đóng", "Close"],
};

let column = 0;

/** Returns the language of the page: "vi" or "en". */
export const getLanguage = () => (column === 0 ? "vi" : "en");

/** Sets the language for later calls. Texts on the page do not change until translatePage. */
export function setLanguage(name) {
  column = name === "en" ? 1 : 0;
}

/** Returns the text of a key, with {name} replaced by values. Throws Error for an unknown key. */
export function translate(key, values = {}) {
  const words = WORDS[key];
  if (!words) throw new Error(`no words for ${key}`);
  return words[column].replace(/\{(\w+)\}/gu, (whole, name) => String(values[name] ?? whole));
}

/** Fills in the texts of index.html: `data-word` is the text, `data-label` the accessible name. */
export function translatePage(root = document) {
  document.documentElement.lang = getLanguage();
  for (const node of root.querySelectorAll("[data-word]")) node.textContent = translate(node.dataset.word);
  for (const node of root.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", translate(node.dataset.label));
    if (node.tagName === "BUTTON") node.title = translate(node.dataset.label);
  }
}

// Times are shown in the time zone of Hải Phòng, as in the bot's texts.
const ZONE = "Asia/Ho_Chi_Minh";
const createFormat = (options) =>
  new Intl.DateTimeFormat(getLanguage() === "vi" ? "vi-VN" : "en-GB", { timeZone: ZONE, ...options });

/** Returns "hours:minutes" of a Unix time in seconds. */
export const formatTime = (seconds) =>
  createFormat({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(seconds * 1000);

/** Returns the weekday and date of a Unix time in seconds. */
export const formatDay = (seconds) =>
  createFormat({ weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(seconds * 1000);

/** Returns a number of bytes with its unit; an empty text for undefined. */
export function formatSize(bytes) {
  if (bytes === undefined) return "";
  const number = (value) => value.toLocaleString(getLanguage(), { maximumFractionDigits: 1 });
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 ** 2 ? `${number(bytes / 1024)} KB` : `${number(bytes / 1024 ** 2)} MB`;
}
