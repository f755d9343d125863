"""Typed words are buttons, at every question where they name one; they are never content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.areas.former_units import list_former_wards, map_former_districts
from bot.areas.landmarks import list_landmarks
from bot.areas.units import list_units
from bot.conversation.consent import NOTICE_VERSION
from bot.conversation.drafts import advance_draft
from bot.conversation.engine import Ask, Stopped, present
from bot.conversation.reply import Navigation, Reply
from bot.conversation.reply_keyboards import ReplyKeyboards
from bot.conversation.screens import show_question
from bot.conversation.typed_answers import match_typed_button
from bot.conversation.typed_words import is_polite_only, read_meanings
from bot.runtime.flow_bindings import FLOW_BINDINGS
from bot.texts import Catalogue
from storage.conversations import StoredChat
from tests.policy import POLICY

if TYPE_CHECKING:
    from bot.conversation.flow import Flow
    from tests.town.town import Town

FLOWS: dict[str, Flow] = {each.flow.name: each.flow for each in FLOW_BINDINGS}
RENDER = Catalogue(POLICY.zone).render_plain
KEYBOARDS = ReplyKeyboards(FLOWS.values(), RENDER)
AGREED = {"@agreed": NOTICE_VERSION}


def _write(text: str) -> list[dict[str, Any]]:
    return [{"id": 1, "text": text, "file": None}]


LAMP = _write("Đèn đường ở ngõ 12 bị hỏng")
GIVEN = {**AGREED, "details": LAMP}
PROPOSED = {"text": LAMP, "measure": "Thay bóng", "deadline": "Tuần sau"}
# The questions, each as its flow and the answers with which it is open.
QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "consent": ("feedback", {"details": LAMP}),
    "offer": ("feedback", {"@doubtful": True, "details": LAMP}),
    "offer beside a recent one": ("feedback", {"@recent": "HP-2345-6789", "details": LAMP}),
    "details": ("feedback", {**AGREED, "details.messages": LAMP}),
    "kind": ("feedback", {**GIVEN, "kind.asked": True}),
    "topic suggested": ("feedback", {**GIVEN, "topic.asked": True, "topic.picked": ["theft"]}),
    "topic list": ("feedback", {**GIVEN, "topic.asked": True, "topic.way": "choose"}),
    "area": ("feedback", GIVEN),
    "area list": ("feedback", {**GIVEN, "area.page": 0}),
    "area named": ("feedback", {**GIVEN, "area.query": "an biên"}),
    "area of two": ("feedback", {**GIVEN, "area.near": ["11407", "11311"]}),
    "identity": ("feedback", {**GIVEN, "kind": "crime_report", "area": "31"}),
    "phone": ("feedback", {**GIVEN, "area": "31", "identity": "phone"}),
    "personal": (
        "feedback",
        {
            **AGREED,
            "details": _write("Gọi tôi số 0912345678"),
            "area": "31",
            "personal.asked": True,
        },
    ),
    "card": ("feedback", {**GIVEN, "area": "31"}),
    "card editing": ("feedback", {**GIVEN, "area": "31", "review.editing": True}),
    "urgent report": ("urgent", {"report.messages": _write("có người cầm dao")}),
    "urgent place": ("urgent", {"report": _write("có người cầm dao"), "@code": "HP-2345-6789"}),
    "addition": ("addition", {**AGREED, "@code": "HP-2345-6789"}),
    "addition gathered": ("addition", {**AGREED, "details.messages": LAMP}),
    "reply": ("reply", {**AGREED, "@code": "HP-2345-6789"}),
    "reply gathered": ("reply", {**AGREED, "details.messages": LAMP}),
    "rating": ("rating", AGREED),
    "rating reason": ("rating", {**AGREED, "score": "0"}),
    "rating again": ("rating", {**AGREED, "score": "0", "reason": "", "@reopens": True}),
    "reopening gathered": ("reopening", {**AGREED, "reason.messages": LAMP}),
    "ban appeal": ("ban_appeal", {}),
    "people": ("attend", AGREED),
    "category": ("attend", {**AGREED, "people": "2"}),
    "subscription area": ("subscription", AGREED),
    "claim": ("claim", AGREED),
    "proposal": ("propose", PROPOSED),
    "measure of the hall": ("hall_answer", {"text": LAMP}),
    "days of an absence": ("away", {}),
    "note gathered": ("note", {"text.messages": LAMP}),
}

# What is typed at a question, by what it chooses: the value of an option, or a navigation button.
# "-" is nothing.
TABLE: dict[str, dict[str, list[str]]] = {
    "consent": {
        NOTICE_VERSION: [
            *("vâng", "Dạ vâng ạ", "ừ", "có", "đồng ý", "tôi đồng ý", "dong y", "OK", "ok cháu"),
            *("Đúng rồi", "ừ đúng rồi em", "được", "yes", "I agree", "👍", "Tôi đồng ý!!!"),
        ],
        "refuse": [
            "không",
            "Không ạ",
            "ko",
            "khong dong y",
            "thôi",
            "tôi không đồng ý",
            "no",
            "hủy",
        ],
        "-": ["có không", "tôi đồng ý cái gì", "đợi tôi hỏi con đã", "gửi", "bỏ qua", "dung", "à"],
    },
    "offer": {
        "yes": ["vâng", "có", "gửi", "gửi đi em", "dạ có", "gửi luôn"],
        "no": ["không", "thôi", "không gửi", "đừng gửi", "thôi không gửi nữa", "hủy"],
    },
    "offer beside a recent one": {
        "add": ["bổ sung", "thêm", "phần bổ sung của ý kiến"],
        "yes": ["ý kiến mới", "là ý kiến mới ạ"],
        "no": ["không", "thôi"],
        "-": ["vâng", "ok"],
    },
    "details": {
        "done": ["xong", "xong rồi em", "hết", "vậy thôi", "đủ rồi ạ", "gửi", "het roi", "done"],
        "again": ["viết lại từ đầu", "làm lại"],
        "cancel": ["hủy", "HỦY", "huy", "thôi không gửi nữa", "bỏ"],
        "-": ["vâng", "không", "ok", "dạ"],
    },
    "kind": {
        "unsure": ["không biết", "chịu", "ko biết", "chưa rõ", "khong biet", "bỏ qua"],
        "complaint": ["khiếu nại", "tôi muốn khiếu nại", "khieu nai", "cái này là khiếu nại ạ"],
        "crime_report": ["tin báo tội phạm", "đây là tin báo tội phạm", "tố giác"],
        "praise": ["lời khen", "khen"],
        "back": ["quay lại", "lùi lại"],
        "-": ["không phải khiếu nại", "khiếu nại hay tố cáo", "vâng", "gì cơ"],
    },
    "topic suggested": {
        "right": ["đúng", "đúng rồi", "vâng", "ok", "phải"],
        "choose": ["không", "sai rồi", "không đúng", "sửa"],
        "add": ["thêm", "thêm nữa"],
    },
    "topic list": {
        "drugs": ["ma túy", "ma tuy", "về ma túy ạ"],
        "other": ["không biết", "việc khác", "chịu"],
    },
    "area": {
        "31": ["bỏ qua", "không biết", "Không nhớ ạ", "chịu", "ko rõ", "skip"],
        "list": ["xem danh sách"],
        "back": ["quay lại"],
        "cancel": ["hủy", "dừng lại"],
        "-": ["vâng", "ok", "An Biên", "phường an biên không biết có đúng không"],
    },
    "area list": {"31": ["bỏ qua"], "cancel": ["hủy"]},
    "area named": {
        "11407": ["vâng", "đúng rồi", "ừ", "phải"],
        "31": ["không biết"],
        "-": ["không", "sai rồi"],
    },
    "area of two": {"-": ["vâng"], "31": ["chịu"]},
    "identity": {
        "unnamed": ["ẩn danh", "giấu tên", "tôi muốn ẩn danh", "không nêu danh tính"],
        "phone": ["số điện thoại", "gọi điện cho tôi"],
        "channel": ["qua kênh này", "liên hệ tại đây nhé"],
        "back": ["quay lại"],
        "-": ["vâng", "ai sẽ đọc", "nhà nó ở ngay đầu ngõ có số điện thoại treo ngoài cổng"],
    },
    "phone": {"cancel": ["hủy"], "back": ["quay lại"], "-": ["không", "vâng"]},
    "personal": {
        "hide": ["ẩn đi", "che"],
        "keep": ["giữ nguyên", "cứ để nguyên"],
        "edit": ["sửa"],
        "-": ["vâng", "có"],
    },
    "card": {
        "submit": [
            *("vâng", "gửi", "gửi đi", "gui di", "Gửi luôn em nhé", "ok", "đồng ý", "đúng rồi"),
            *("dạ vâng", "xong", "gửi giúp bác với", "send", "thôi gửi đi", "👍"),
        ],
        "add": ["thêm", "viết thêm", "tôi muốn viết thêm", "bổ sung"],
        "edit": ["sửa", "sửa lại", "sửa giúp tôi"],
        "cancel": ["hủy", "thôi không gửi nữa", "bỏ đi", "cancel"],
        "-": [
            "không",
            "thôi",
            "khoan đã",
            "đừng gửi",
            "gửi cho ai",
            "gửi thêm cái ảnh nữa",
            "dung",
        ],
    },
    "card editing": {
        "edit:area": ["địa bàn", "sửa địa bàn"],
        "edit:kind": ["loại ý kiến"],
        "edit:review": ["không", "thôi", "quay lại"],
    },
    "urgent report": {
        "now": ["báo đi", "báo ngay", "vâng", "có", "gửi đi", "dạ báo giúp cháu", "gấp lắm"],
        "not_urgent": ["không", "không khẩn cấp", "không phải", "thôi"],
    },
    "urgent place": {"skip": ["bỏ qua", "không biết", "ko rõ"], "-": ["ngõ 12 lê lợi"]},
    "addition": {"cancel": ["hủy"], "-": ["vâng", "xong"]},
    "addition gathered": {"done": ["xong", "gửi", "hết rồi"], "again": ["viết lại"], "-": ["ok"]},
    "reply": {"cancel": ["hủy"], "-": ["không", "có", "không biết"]},
    "reply gathered": {"done": ["xong", "đủ rồi"], "-": ["không"]},
    "rating": {
        "2": ["rất hài lòng", "tôi rất hài lòng"],
        "1": ["hài lòng", "có", "tạm được"],
        "0": ["không hài lòng", "chưa hài lòng", "không", "tôi không hài lòng lắm"],
        "-": ["không rất hài lòng"],
    },
    "rating reason": {"skip": ["không", "bỏ qua", "không nêu"], "-": ["chưa sửa đèn"]},
    "rating again": {"yes": ["có", "vâng"], "no": ["không", "thôi khỏi", "không cần"]},
    "reopening gathered": {"done": ["xong"], "again": ["viết lại"], "cancel": ["hủy"]},
    "ban appeal": {"cancel": ["hủy"], "-": ["không"]},
    "people": {"2": ["2 người", "hai người", "2", "số 2"], "1": ["một mình", "tôi đi một mình"]},
    "category": {
        "resident": ["người dân", "tôi là người dân"],
        "neighbourhood_head": ["tổ trưởng", "tôi là tổ trưởng tổ 5"],
        "school": ["giáo viên"],
        "back": ["quay lại"],
    },
    "subscription area": {"31": ["toàn thành phố"], "-": ["bỏ qua", "không biết"]},
    "claim": {"yes": ["đúng", "phải", "vâng"], "no": ["không", "không phải"]},
    "proposal": {"submit": ["gửi", "trình duyệt", "ok"], "edit": ["sửa"], "cancel": ["hủy"]},
    "measure of the hall": {"skip": ["không", "bỏ qua"]},
    "days of an absence": {"7": ["3"], "cancel": ["hủy"]},
    "note gathered": {"done": ["xong", "hết"], "-": ["không", "đã gọi cho dân"]},
}
ROWS = [
    (question, typed, chosen)
    for question, row in TABLE.items()
    for chosen, listed in row.items()
    for typed in listed
]


def _open(question: str) -> Ask:
    flow, answers = QUESTIONS[question]
    asked = present(FLOWS[flow], answers)
    assert isinstance(asked, Ask), question
    return asked


def _name_choice(ask: Ask, reply: Reply) -> str:
    """Return what a reply presses: an option's value, or a navigation button; "-" for nothing."""
    value = (reply.choice or "").partition("-")[0] if ask.step.input.is_review else reply.choice
    if reply.step is None:
        options = [each.value for each in ask.step.input.options(ask.answers)]
        is_number = (reply.text or "").isdigit() and not ask.step.input.takes_text
        return options[int(reply.text or "") - 1] if is_number else "-"
    if reply.navigation is Navigation.CHOOSE:
        return value or ""
    return reply.navigation.name.lower() + (f":{reply.choice}" if reply.choice else "")


def test_the_table_is_large_enough() -> None:
    """It has every question of the intake, and those of the other conversations of residents."""
    assert len(ROWS) >= 150
    assert set(TABLE) == set(QUESTIONS)
    asked = {(QUESTIONS[each][0], _open(each).step.name) for each in QUESTIONS}
    feedback = {("feedback", step.name) for step in FLOWS["feedback"].steps} - {
        ("feedback", "banned")  # it depends on a ban; see below
    }
    assert feedback <= asked


@pytest.mark.parametrize(("question", "typed", "chosen"), ROWS)
def test_a_typed_word_presses_its_button(question: str, typed: str, chosen: str) -> None:
    ask = _open(question)
    reply = match_typed_button(ask, Reply(text=typed), lambda words: RENDER(words, "vi"))
    assert _name_choice(ask, reply) == chosen


@pytest.mark.parametrize(
    ("question", "typed", "chosen"), [row for row in ROWS if row[2] == "-" and row[0] != "reply"]
)
def test_what_presses_nothing_changes_no_answer(question: str, typed: str, chosen: str) -> None:
    """A bare yes or no is not joined to the opinion, and ends nothing."""
    if not is_polite_only(typed):
        return
    flow, answers = QUESTIONS[question]
    row = StoredChat(key=1, flow=flow, answers=answers, language="vi")
    turn = advance_draft(FLOWS[flow], row, Reply(text=typed, message_id=9), KEYBOARDS)
    if question in {"reply gathered", "note gathered", "ban appeal"}:
        assert typed in str(turn)  # officers' words, and answers to their questions
        return
    assert isinstance(turn, Ask)
    assert turn.rejected is not None
    assert {k: v for k, v in turn.answers.items() if k[0] != "@"} == {
        k: v for k, v in answers.items() if k[0] != "@"
    }


@pytest.mark.parametrize("flow", FLOWS.values(), ids=lambda flow: flow.name)
def test_every_question_survives_every_word(flow: Flow) -> None:
    """No word raises an error at any step, and one that presses nothing changes no answer."""
    for step in flow.steps:
        ask = Ask(flow, {}, step)
        try:
            show_question(ask)
        except KeyError:
            continue  # it needs answers; the table has such questions
        for typed in ("vâng", "không", "thôi", "ko biết", "xong", "hủy", "quay lại", "gửi", "3"):
            reply = match_typed_button(ask, Reply(text=typed), lambda words: RENDER(words, "en"))
            assert reply.step in {None, step.name}


def test_names_of_places_are_no_words() -> None:
    """None of the city's units, former units and landmarks is taken for an answer."""
    names = {RENDER(unit.words, "vi") for unit in list_units()}
    names |= {ward.name for ward in list_former_wards()}
    names |= {each.name for each in map_former_districts().values()}
    names |= {each.name for each in list_landmarks()}
    assert [name for name in names if read_meanings(name)] == []


def test_a_no_at_the_card_sends_nothing_and_drops_nothing() -> None:
    """One line says so, and the buttons stay."""
    flow, answers = QUESTIONS["card"]
    row = StoredChat(key=1, flow=flow, answers=answers, language="vi")
    turn = advance_draft(FLOWS[flow], row, Reply(text="Không ạ", message_id=9), KEYBOARDS)
    assert isinstance(turn, Ask)
    assert turn.answers == answers
    screen = show_question(turn)
    assert [words.key for words in screen.paragraphs] == ["draft.not_sent"]
    assert len(screen.choices) + len(screen.navigation) == 4


def test_a_word_written_before_the_question_is_no_answer() -> None:
    """It was sent right behind the text, before the notice was shown."""
    last = {"id": 8, "at": 1_000, "step": "details", "is_part": False, "why": None}
    answers = {"details": LAMP, "@last.message": last}
    row = StoredChat(key=1, flow="feedback", answers=answers, language="vi")
    typed = Reply(text="vâng", message_id=9, sent_at=1_000)
    turn = advance_draft(FLOWS["feedback"], row, typed, KEYBOARDS)
    assert isinstance(turn, Ask)
    assert (turn.step.name, turn.answers["details"]) == ("consent", LAMP)


@pytest.mark.parametrize("typed", ["không", "thôi ạ"])
def test_a_bare_no_refuses_the_consent(typed: str) -> None:
    row = StoredChat(key=1, flow="feedback", answers={"details": LAMP}, language="vi")
    turn = advance_draft(FLOWS["feedback"], row, Reply(text=typed, message_id=9), KEYBOARDS)
    assert turn == Stopped("refused")


async def test_the_consent_notice_is_shown_once(town: Town) -> None:
    """Whatever is typed that is not understood gets one line and the same buttons."""
    ann = town.resident("Ann")
    await ann.says("Đề nghị lắp thêm đèn đường ở ngõ 12.")
    assert ann.is_asked("feedback.consent")
    shown = ann.buttons
    for typed in (
        *("gì cơ", "abc", "?", "7", "Bỏ qua", "bao giờ thì có", "dài dòng quá đọc không hiểu gì"),
        *("Đèn hỏng từ tháng trước, tối om không ai đi được.", "con gái tôi bảo cứ bấm"),
    ):
        await ann.says(typed)
        assert len(ann.sees) < 160
        assert ann.buttons == shown
    assert ann.count_heard("Đơn vị kiểm soát dữ liệu") == 1
    await ann.says("vâng ạ")
    assert ann.is_asked("feedback.area")
    assert "Đơn vị kiểm soát dữ liệu" not in ann.sees


async def test_an_opinion_is_sent_with_words_alone(town: Town) -> None:
    """A grandmother who presses nothing gets her receipt; none of her words is content."""
    ann = town.resident("Ann")
    for typed in (
        *("Quán hát ở phường An Biên mở nhạc to đến 2 giờ sáng", "Dạ vâng ạ", "không ạ"),
        *("gì cơ cháu", "thôi gửi đi cháu"),
    ):
        await ann.says(typed)
    (record,) = await town.export_submissions()
    assert record["text"] == "Quán hát ở phường An Biên mở nhạc to đến 2 giờ sáng"
