"""The seal: what it hides, and what it lets nobody connect."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.privacy.encryption import BadKey, Unreadable, load_keys, make_key
from bot.privacy.pseudonyms import Pseudonyms

CHATS = st.integers(1, 2**52)
KEY = make_key()


@given(chat_id=CHATS)
def test_an_address_leads_back_to_its_chat(chat_id: int) -> None:
    """For the holder of the key only."""
    address = Pseudonyms([KEY]).make_address(chat_id, named=True)
    assert Pseudonyms([KEY]).decrypt_chat_id(address.sealed) == chat_id
    with pytest.raises(Unreadable):
        Pseudonyms([make_key()]).decrypt_chat_id(address.sealed)


@given(chat_id=CHATS)
def test_pseudonyms_are_the_same_every_time_and_no_chats(chat_id: int) -> None:
    """They stand where chat ids do, and can never be mistaken for one."""
    pseudonyms = Pseudonyms([KEY])
    aliases = pseudonyms.list_aliases(chat_id)
    assert aliases == Pseudonyms([KEY]).list_aliases(chat_id)
    assert all(2**52 < alias < 2**63 for alias in aliases)
    assert len(set(aliases)) == 2
    assert (
        pseudonyms.make_address(chat_id, named=True).alias
        == pseudonyms.list_aliases(chat_id, named=True)[0]
    )
    assert pseudonyms.list_chat_ids(chat_id) == (chat_id, *aliases)
    assert pseudonyms.list_chat_ids(aliases[0]) == (aliases[0],)


@given(first=CHATS, second=CHATS)
def test_pseudonyms_of_two_chats_differ(first: int, second: int) -> None:
    """As do those of one chat under two keys."""
    pseudonyms = Pseudonyms([KEY])
    if first != second:
        assert not set(pseudonyms.list_aliases(first)) & set(pseudonyms.list_aliases(second))
    assert not set(pseudonyms.list_aliases(first)) & set(
        Pseudonyms([make_key()]).list_aliases(first)
    )


def test_the_same_chat_is_sealed_differently_every_time() -> None:
    """Two sealed addresses do not tell that they are of one person."""
    pseudonyms = Pseudonyms([KEY])
    assert (
        pseudonyms.make_address(1, named=True).sealed
        != pseudonyms.make_address(1, named=True).sealed
    )


def test_an_old_key_still_opens_and_is_still_known() -> None:
    """While a key is changed both are given: the new one seals, both open and are found."""
    old, new = make_key(), make_key()
    sealed = Pseudonyms([old]).make_address(7, named=False)
    both = Pseudonyms([new, old])
    assert both.decrypt_chat_id(sealed.sealed) == 7
    assert sealed.alias in both.list_aliases(7)
    assert both.make_address(7, named=False).alias not in Pseudonyms([old]).list_aliases(7)


@pytest.mark.parametrize("key", ["", "short", "x" * 44, "é" * 44])
def test_what_is_no_key_is_refused(key: str) -> None:
    """And the refusal says how to make one."""
    with pytest.raises(BadKey, match="keys new"):
        Pseudonyms([key])


def test_without_a_setting_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    """In a file that nobody else on the machine may read."""
    file = tmp_path / "the.key"
    made = load_keys("", file)
    assert load_keys("", file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_keys("a, b", file) == ["a", "b"]
