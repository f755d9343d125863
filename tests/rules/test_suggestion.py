"""Suggested kinds, topics and urgency: measured on labelled texts, and rule by rule."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.classification.measurement import measure_examples
from bot.classification.suggestion import BadKeywords, is_urgent, parse_keywords, suggest_labels
from bot.core.text_folding import fold_text
from storage.models import Kind, Topic

DATA = Path(__file__).parents[1] / "data"


@pytest.mark.parametrize(
    ("name", "topics"),
    [("messages", 0.9), ("suggestions", 0.86), ("suggestions-2", 0.92), ("suggestions-3", 0.64)],
)
def test_labelled_texts_get_the_expected_labels(name: str, topics: float) -> None:
    """All urgent texts are found, with few false alarms. docs/suggestion.md has the figures."""
    lines = (DATA / f"{name}.jsonl").read_bytes().splitlines()
    result = measure_examples([orjson.loads(line) for line in lines])
    assert result.topics.f1 >= topics
    assert result.urgent.recall == 1.0
    assert result.urgent.precision >= 0.95


def test_only_present_dangers_are_urgent() -> None:
    """The data file has messages with and without diacritics."""
    for line in (DATA / "urgency.jsonl").read_bytes().splitlines():
        example = orjson.loads(line)
        assert is_urgent(example["text"]) == example["urgent"], example["text"]


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Mất trộm xe máy", Topic.THEFT),
        ("mat trom xe may", Topic.THEFT),
        ("MẤT TRỘM", Topic.THEFT),
        ("Phòng chống trộm cắp", Topic.THEFT),  # the example of a forum's agenda
        ("thuỷ thủ say rượu đánh nhau", Topic.PUBLIC_DISORDER),
        ("ma tuý", Topic.DRUGS),
        ("bôcs muìi hôi thôí", Topic.POLLUTION),
        (unicodedata.normalize("NFD", "lấn chiếm vỉa hè"), Topic.PAVEMENT_ORDER),
    ],
)
def test_spelling_does_not_matter(text: str, topic: Topic) -> None:
    """Missing diacritics, normal forms, places of the tone and Telex keys give the same topic."""
    assert topic in suggest_labels(text).topics


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Nguyên tắc làm việc của phường", Topic.CONGESTION),
        ("đánh giá cao các đồng chí", Topic.PUBLIC_DISORDER),
        ("Cảm ơn ồ ông", Topic.PUBLIC_DISORDER),
        ("thoi cam on nhe", Topic.POLLUTION),
        ("đổ trộm phế thải", Topic.THEFT),
    ],
)
def test_similar_words_do_not_give_a_topic(text: str, topic: Topic) -> None:
    """Diacritics and neighbouring words decide."""
    assert topic not in suggest_labels(text).topics


@pytest.mark.parametrize(
    "text",
    [
        "Cứu với, có người đang phá cửa nhà tôi",
        "cuu voi co nguoi dang pha cua nha toi",
        "Đang đánh nhau to ở chợ, có dao",
        "Hôm qua nó dọa, bây giờ nó đang cầm dao đứng trước cửa",
        "Cháu bé 5 tuổi đi lạc",
    ],
)
def test_a_present_danger_is_urgent(text: str) -> None:
    """This holds too if it began earlier."""
    assert is_urgent(text)
    assert suggest_labels(text).kind is Kind.CRIME_REPORT


@pytest.mark.parametrize(
    "text",
    [
        "Tháng trước có vụ chém nhau ở đây",
        "Tuyên truyền phòng cháy cho dân",
        "Tuyên dương tổ dân phố đã dập cháy kịp thời",
        "Xin hỏi số khẩn cấp là số nào",
        "Đèn đường hỏng",
        "",
    ],
)
def test_past_and_general_dangers_are_not_urgent(text: str) -> None:
    """So only residents in danger are referred to 113."""
    assert not is_urgent(text)


def test_an_urgent_denunciation_is_still_a_denunciation() -> None:
    """The procedure for denunciations protects the author."""
    assert suggest_labels("Tôi tố cáo ông ấy đang cầm dao dọa giết tôi").kind is Kind.DENUNCIATION


def test_a_text_without_known_phrases_has_no_labels() -> None:
    """Neither kind nor topics are suggested."""
    suggestion = suggest_labels("Hôm nay trời đẹp quá")
    assert suggestion == (None, (), False)


@given(text=st.text(max_size=400))
def test_any_text_gives_a_suggestion(text: str) -> None:
    """It has at most four topics, without repetition, and does not depend on the normal form."""
    suggestion = suggest_labels(text)
    assert len(set(suggestion.topics)) == len(suggestion.topics) <= 4
    assert suggest_labels(
        unicodedata.normalize("NFD", unicodedata.normalize("NFC", text))
    ) == suggest_labels(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize("line", (DATA / "messages.jsonl").read_bytes().splitlines()[:20])
def test_urgent_texts_are_urgent_without_diacritics(line: bytes) -> None:
    """A resident in danger may not type diacritics."""
    example = orjson.loads(line)
    if example["urgent"]:
        assert is_urgent(fold_text(example["text"]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[topics.thefts]\nstrong = []", "topics.thefts: no such name; allowed are 'theft'"),
        ("[topics.theft]\nstrng = []", "topics.theft.strng: no such name; allowed are strong"),
        ("[topics.theft]\nstrong = 'trộm'", "topics.theft.strong: Input should be a valid tuple"),
        ("[topics.theft]\nstrong = ['... trộm']", "topics.theft.strong, phrase 1: '... trộm'"),
        ("[kinds.theft]\nstrong = []", "kinds.theft: no such name; allowed are 'report'"),
        ("[urgent]\nlater = []", "urgent.later: no such name"),
        ("[topics", "not TOML"),
    ],
)
def test_a_mistake_in_the_keywords_raises_a_message_with_its_place(
    content: str, message: str
) -> None:
    """The message names the place and what is allowed."""
    with pytest.raises(BadKeywords) as raised:
        parse_keywords(content)
    assert message in str(raised.value)
