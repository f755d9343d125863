"""What an opinion seems to be by its words: measured on labelled texts, and rule by rule."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.classification.measurement import measure_examples
from bot.classification.suggestion import BadKeywords, is_urgent, parse_keywords, suggest
from bot.core.text_folding import fold_text
from storage.models import Kind, Topic

DATA = Path(__file__).parents[1] / "data"


@pytest.mark.parametrize(
    ("name", "topics"),
    [("messages", 0.9), ("suggestions", 0.86), ("suggestions-2", 0.92), ("suggestions-3", 0.64)],
)
def test_labelled_texts_are_understood(name: str, topics: float) -> None:
    """Everything urgent is found and little else; what was new to the rules is in docs/."""
    lines = (DATA / f"{name}.jsonl").read_bytes().splitlines()
    result = measure_examples([orjson.loads(line) for line in lines])
    assert result.topics.f1 >= topics
    assert result.urgent.recall == 1.0
    assert result.urgent.precision >= 0.95


def test_danger_is_told_from_what_only_sounds_like_it() -> None:
    """Messages for urgency alone, with and without diacritics."""
    for line in (DATA / "urgency.jsonl").read_bytes().splitlines():
        example = orjson.loads(line)
        assert is_urgent(example["text"]) == example["urgent"], example["text"]


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Mất trộm xe máy", Topic.THEFT),
        ("mat trom xe may", Topic.THEFT),
        ("MẤT TRỘM", Topic.THEFT),
        ("thuỷ thủ say rượu đánh nhau", Topic.PUBLIC_DISORDER),
        ("ma tuý", Topic.DRUGS),
        ("bôcs muìi hôi thôí", Topic.POLLUTION),
        (unicodedata.normalize("NFD", "lấn chiếm vỉa hè"), Topic.PAVEMENT_ORDER),
    ],
)
def test_spelling_does_not_matter(text: str, topic: Topic) -> None:
    """With and without diacritics, decomposed, with the tone on either vowel, or half typed."""
    assert topic in suggest(text).topics


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
def test_words_that_look_alike_are_told_apart(text: str, topic: Topic) -> None:
    """By their diacritics, where there are any, and by the words beside them."""
    assert topic not in suggest(text).topics


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
def test_danger_that_is_happening_is_urgent(text: str) -> None:
    """Also when it began before."""
    assert is_urgent(text)
    assert suggest(text).kind is Kind.CRIME_REPORT


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
def test_what_is_over_or_only_spoken_of_is_not_urgent(text: str) -> None:
    """The notice of 113 is for those who need it."""
    assert not is_urgent(text)


def test_a_denunciation_stays_one_even_in_danger() -> None:
    """Its own path protects who makes it."""
    assert suggest("Tôi tố cáo ông ấy đang cầm dao dọa giết tôi").kind is Kind.DENUNCIATION


def test_nothing_is_suggested_for_nothing() -> None:
    """Words that say nothing have no topic and no kind."""
    found = suggest("Hôm nay trời đẹp quá")
    assert (found.kind, found.topics, found.urgent) == (None, (), False)


@given(text=st.text(max_size=400))
def test_any_text_has_an_outcome(text: str) -> None:
    """At most four topics, each once; the same for composed and decomposed letters."""
    found = suggest(text)
    assert len(set(found.topics)) == len(found.topics) <= 4
    assert suggest(unicodedata.normalize("NFD", unicodedata.normalize("NFC", text))) == suggest(
        unicodedata.normalize("NFC", text)
    )


@pytest.mark.parametrize("line", (DATA / "messages.jsonl").read_bytes().splitlines()[:20])
def test_without_diacritics_what_is_urgent_is_found_too(line: bytes) -> None:
    """Who is in danger does not look for the right key."""
    example = orjson.loads(line)
    if example["urgent"]:
        assert is_urgent(fold_text(example["text"]))


@pytest.mark.parametrize(
    ("content", "says"),
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
def test_a_mistake_in_the_keywords_is_named(content: str, says: str) -> None:
    """Whoever edits the file is told where, and what is allowed."""
    with pytest.raises(BadKeywords) as refused:
        parse_keywords(content)
    assert says in str(refused.value)
