"""Personal data in texts are found, and other numbers are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.classification.personal_data import (
    PersonalDataKind,
    find_personal_data,
    hide_personal_data,
)


@pytest.mark.parametrize(
    ("text", "kind", "data"),
    [
        ("gọi tôi 0912345678 nhé", PersonalDataKind.PHONE, "0912345678"),
        ("số 0900 000 001.", PersonalDataKind.PHONE, "0900 000 001"),
        ("ĐT: 0912.345.678,", PersonalDataKind.PHONE, "0912.345.678"),
        ("+84 912 345 678", PersonalDataKind.PHONE, "+84 912 345 678"),
        ("84912345678", PersonalDataKind.PHONE, "84912345678"),
        ("máy bàn 0225 384 2345 ", PersonalDataKind.PHONE, "0225 384 2345"),
        ("biển số xe 15H-000.04 đổ", PersonalDataKind.PLATE, "15H-000.04"),
        ("xe 15A12345", PersonalDataKind.PLATE, "15A12345"),
        ("xe máy 15-B1 234.56 chạy", PersonalDataKind.PLATE, "15-B1 234.56"),
        ("16k-1234 ạ", PersonalDataKind.PLATE, "16k-1234"),
        ("CCCD 031 234 567 890", PersonalDataKind.IDENTITY, "031 234 567 890"),
        ("căn cước 031234567890", PersonalDataKind.IDENTITY, "031234567890"),
        ("cmnd 031234567", PersonalDataKind.IDENTITY, "031234567"),
        ("hộ chiếu C1234567", PersonalDataKind.PASSPORT, "C1234567"),
        ("thẻ DN 4010123456789", PersonalDataKind.INSURANCE, "DN 4010123456789"),
        ("thư lan.nguyen@example.org nhé", PersonalDataKind.EMAIL, "lan.nguyen@example.org"),
        ("chuyển vào stk 0123 4567 8901 23", PersonalDataKind.ACCOUNT, "stk 0123 4567 8901 23"),
    ],
)
def test_personal_data_are_found_and_hidden(text: str, kind: PersonalDataKind, data: str) -> None:
    """They are recognized by their form, with any usual separators."""
    (span,) = find_personal_data(text)
    assert (span.kind, text[span.start : span.end]) == (kind, data)
    assert data not in hide_personal_data(text)


@pytest.mark.parametrize(
    "text",
    [
        "gọi 113 hoặc 114, 115",
        "lúc 23h30 ngày 03/11/2026",
        "ngày 03.11.2026 và 24-11-2026",
        "mất 3.000.000 đồng, phạt 500 nghìn",
        "số nhà 15B ngõ 23 tổ 4",
        "quyết định số 6352/KH-CAHP",
        "mã HP-7KQM-2XWD của tôi",
        "đường 5 cũ, quốc lộ 10, 34 hộ dân",
        "từ 6h45 đến 7h15 có 1200 xe",
    ],
)
def test_dates_amounts_and_addresses_are_not_personal_data(text: str) -> None:
    """Numbers that stand in usual reports are not hidden."""
    assert find_personal_data(text) == []
    assert hide_personal_data(text) == text


@given(text=st.text(max_size=300))
def test_hiding_twice_is_the_same_as_hiding_once(text: str) -> None:
    """No text raises an error."""
    once = hide_personal_data(text)
    assert hide_personal_data(once) == once
