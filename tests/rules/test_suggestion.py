"""Suggested labels: the shipped model on texts that it was not made from, and its safeguards."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.classification.danger_phrases import BadPhrases, DangerPhrases
from bot.classification.labels import BadExamples, Intent, parse_examples
from bot.classification.measurement import measure_predictions
from bot.classification.model import load_model
from bot.classification.suggestion import Classifier, is_urgent, suggest_labels
from bot.core.text_folding import fold_text
from storage.models import Kind, Topic

DATA = Path(__file__).parents[1] / "data"
UNSEEN = ("messages", "suggestions", "suggestions-2", "suggestions-3")


def test_texts_of_other_writers_get_their_labels() -> None:
    """No text of these files is in the data of the model; docs/suggestion.md has the figures."""
    examples = [
        example
        for name in UNSEEN
        for example in parse_examples((DATA / f"{name}.jsonl").read_bytes(), name)
    ]
    found = [load_model().compute_probabilities(example.text) for example in examples]
    measured = measure_predictions(examples, found, load_model().facts["thresholds"])
    assert measured.danger.recall >= 0.9
    assert measured.danger.precision >= 0.75
    assert measured.topics.f1 >= 0.7
    assert measured.kinds >= 0.6


@pytest.mark.parametrize(
    "text",
    [
        "có người cầm dao đuổi tôi",
        "cứu tôi với",
        "bị cướp ở cầu rào",
        "đang đánh nhau ở chợ sắt",
        "goi cong an giup em voi",
        "Cứu với, có người đang phá cửa nhà tôi",
        "cuu voi co nguoi dang pha cua nha toi",
        "Cháy nhà ở ngõ 12",
    ],
)
def test_a_danger_is_found(text: str) -> None:
    """With and without diacritics, in few words and in many."""
    assert is_urgent(text)
    assert is_urgent(fold_text(text))
    assert is_urgent(text.upper())


@pytest.mark.parametrize(
    "text",
    [
        "Đường Lạch Tray giờ tan tầm hay tắc, mong có cảnh sát điều tiết",
        "Cảm ơn các anh đã giúp bà tôi làm căn cước",
        "Xin hỏi thủ tục đăng ký tạm trú cần giấy tờ gì",
        "xin chào",
        "",
        "a",
        "?",
        "a" * 4096,
    ],
)
def test_what_is_no_danger_is_not_urgent(text: str) -> None:
    """So only residents in danger are referred to 113."""
    assert not is_urgent(text)


@pytest.mark.parametrize(
    "disguised",
    [
        "c\u200bư\u200bớ\u200bp rồi, nó đang cầm dao đuổi tôi",
        "CƯỚỚỚỚP, nó đang cầm dao đuổi tôi",
        "cu0p roi, no dang c4m dao du0i toi",
        "\u0441ướp rồi, nó đang \u0441ầm d\u0430\u043e đuổi tôi",
        "c.ư.ớ.p rồi, nó đang cầm d-a-o đuổi tôi",
        "\u202ecướp rồi, nó đang cầm dao đuổi tôi",
        unicodedata.normalize("NFD", "cướp rồi, nó đang cầm dao đuổi tôi"),
        "ｃướp rồi, nó đang cầm ｄａｏ đuổi tôi",
    ],
)
def test_a_disguised_danger_is_found(disguised: str) -> None:
    """Invisible characters, other alphabets, digits, signs and repeated letters hide nothing."""
    assert is_urgent(disguised)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Mất trộm xe máy", Topic.THEFT),
        ("mat trom xe may", Topic.THEFT),
        ("MẤT TRỘM XE", Topic.THEFT),
        ("hàng xóm hát karaoke đến 2 giờ sáng", Topic.PUBLIC_DISORDER),
        ("ma tuý", Topic.DRUGS),
        (unicodedata.normalize("NFD", "lấn chiếm vỉa hè"), Topic.PAVEMENT_ORDER),
        ("cổng trường giờ tan học tắc đường", Topic.CONGESTION),
    ],
)
def test_plain_words_give_a_topic(text: str, topic: Topic) -> None:
    """Missing diacritics, capitals and normal forms give the same topic."""
    assert topic in suggest_labels(text).topics


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Xin chào", Intent.GREETING),
        ("cảm ơn các anh nhé", Intent.THANKS),
        ("không biết", Intent.DONT_KNOW),
        ("đúng rồi", Intent.YES),
        ("cho tôi gặp người thật", Intent.HUMAN),
        ("bao giờ có diễn đàn ở phường tôi", Intent.FORUM_QUESTION),
        ("Vỉa hè phố tôi bị chiếm hết để bán hàng", Intent.OPINION),
    ],
)
def test_what_a_person_wants_is_understood(text: str, intent: Intent) -> None:
    """Only an opinion has a kind and topics."""
    suggestion = suggest_labels(text)
    assert suggestion.intent is intent
    assert bool(suggestion.topics) == (intent is Intent.OPINION)


def test_an_uncertain_kind_is_not_suggested() -> None:
    """Then the resident is asked."""
    assert suggest_labels("Tôi muốn nói về chuyện ở tổ dân phố").kind is None
    praise = suggest_labels("Tôi xin khen các anh công an phường rất nhiệt tình, cảm ơn các anh")
    assert praise.kind is Kind.PRAISE


@given(text=st.text(max_size=400))
def test_any_text_gives_a_suggestion(text: str) -> None:
    """It has at most four topics, without repetition, and does not depend on the normal form."""
    suggestion = suggest_labels(text)
    assert len(set(suggestion.topics)) == len(suggestion.topics) <= 4
    assert suggest_labels(
        unicodedata.normalize("NFD", unicodedata.normalize("NFC", text))
    ) == suggest_labels(unicodedata.normalize("NFC", text))


def test_the_operators_phrases_come_before_the_model() -> None:
    """A phrase that is always a danger wins over one that never is."""
    phrases = DangerPhrases('always = ["mã đỏ"]\nnever = ["diễn tập"]')
    classifier = Classifier(phrases=phrases)
    assert classifier.is_urgent("ở đây có MA DO")
    assert not classifier.is_urgent("Diễn tập: có người cầm dao đuổi tôi")
    assert classifier.is_urgent("Diễn tập mã đỏ")
    assert not classifier.is_urgent("amã đỏa")


def test_the_operators_threshold_counts() -> None:
    """A low one finds more dangers, a high one fewer."""
    assert Classifier(threshold=0.001).is_urgent("Có người lạ đứng trước cửa")
    assert not Classifier(threshold=0.999).is_urgent("Có người lạ đứng trước cửa")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("always = 'x'", "always: Input should be a valid tuple"),
        ("sometimes = []", "sometimes: Extra inputs are not permitted"),
        ("always = [", "not TOML"),
    ],
)
def test_a_mistake_in_the_phrases_is_named(content: str, message: str) -> None:
    """The operator edits this file."""
    with pytest.raises(BadPhrases, match=message):
        DangerPhrases(content)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"text": "x", "topics": [], "kind": null}', "the field 'urgent' is missing"),
        (b'{"text": "x", "topics": ["thefts"], "kind": null, "danger": false}', "thefts"),
        (b"{", "line 2"),
    ],
)
def test_a_mistake_in_an_example_is_named(line: bytes, message: str) -> None:
    """With the number of its line."""
    good = b'{"text": "x", "topics": ["theft"], "kind": "report", "danger": false}'
    with pytest.raises(BadExamples, match=message):
        parse_examples(good + b"\n" + line, "examples")
