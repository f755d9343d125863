"""Encryption and pseudonyms: only the key's holder reads a chat id or links two rows."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.privacy.encryption import BadKey, NoKey, Unreadable, create_key_file, load_keys, make_key
from bot.privacy.pseudonyms import Pseudonyms

CHATS = st.integers(1, 2**52)
KEY = make_key()


@given(chat_id=CHATS)
def test_an_address_decrypts_to_its_chat(chat_id: int) -> None:
    """Another key cannot decrypt it."""
    address = Pseudonyms([KEY]).make_address(chat_id, named=True)
    assert Pseudonyms([KEY]).decrypt_chat_id(address.encrypted_chat_id) == chat_id
    with pytest.raises(Unreadable):
        Pseudonyms([make_key()]).decrypt_chat_id(address.encrypted_chat_id)


@given(chat_id=CHATS)
def test_pseudonyms_are_stable_and_never_chat_ids(chat_id: int) -> None:
    """They lie above all chat ids and within 64 bits."""
    pseudonyms = Pseudonyms([KEY])
    aliases = pseudonyms.list_pseudonyms(chat_id)
    assert aliases == Pseudonyms([KEY]).list_pseudonyms(chat_id)
    assert all(2**52 < alias < 2**63 for alias in aliases)
    assert len(set(aliases)) == 2
    assert (
        pseudonyms.make_address(chat_id, named=True).pseudonym
        == pseudonyms.list_pseudonyms(chat_id, named=True)[0]
    )
    others = (*pseudonyms.list_chat_keys(chat_id), *pseudonyms.list_consent_keys(chat_id))
    assert len({*others, *aliases}) == 4
    assert pseudonyms.list_chat_ids(chat_id) == (chat_id, others[0], *aliases)
    assert pseudonyms.list_chat_ids(aliases[0]) == (aliases[0],)


@given(first=CHATS, second=CHATS)
def test_pseudonyms_of_two_chats_differ(first: int, second: int) -> None:
    """The pseudonyms of one chat under two keys differ too."""
    pseudonyms = Pseudonyms([KEY])
    if first != second:
        assert not set(pseudonyms.list_pseudonyms(first)) & set(pseudonyms.list_pseudonyms(second))
    assert not set(pseudonyms.list_pseudonyms(first)) & set(
        Pseudonyms([make_key()]).list_pseudonyms(first)
    )


def test_the_same_chat_is_encrypted_differently_every_time() -> None:
    """Two encrypted addresses do not show that they belong to one person."""
    pseudonyms = Pseudonyms([KEY])
    assert (
        pseudonyms.make_address(1, named=True).encrypted_chat_id
        != pseudonyms.make_address(1, named=True).encrypted_chat_id
    )


def test_an_old_key_still_decrypts_and_finds_pseudonyms() -> None:
    """During a change of keys the new one encrypts; both decrypt and find rows."""
    old, new = make_key(), make_key()
    address = Pseudonyms([old]).make_address(7, named=False)
    both = Pseudonyms([new, old])
    assert both.decrypt_chat_id(address.encrypted_chat_id) == 7
    assert address.pseudonym in both.list_pseudonyms(7)
    assert both.make_address(7, named=False).pseudonym not in Pseudonyms([old]).list_pseudonyms(7)


@pytest.mark.parametrize("key", ["", "short", "x" * 44, "é" * 44])
def test_an_invalid_key_is_refused(key: str) -> None:
    """The error says how to make a key."""
    with pytest.raises(BadKey, match="keys new"):
        Pseudonyms([key])


def test_a_key_is_created_once_if_none_is_set(tmp_path: Path) -> None:
    """Only the owner may read the file with the key."""
    file = tmp_path / "the.key"
    with pytest.raises(NoKey, match=r"the\.key"):
        load_keys("", file)
    create_key_file(file)
    keys = load_keys("", file)
    create_key_file(file)
    assert load_keys("", file) == keys
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_keys("a, b", file) == ["a", "b"]


@given(content=st.binary(max_size=300))
def test_a_sealed_value_is_opened_with_its_key_only(content: bytes) -> None:
    """Nobody else can read it, and a changed one is refused. It is never JSON."""
    sealer, other = Pseudonyms([KEY]).sealer, Pseudonyms([make_key()]).sealer
    sealed = sealer.seal(content)
    assert sealer.open(sealed) == content
    assert sealer.seal(content) != sealed
    assert sealed[:1] not in b"{[0123456789"
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for opener, value in ((other, sealed), (sealer, changed), (sealer, content)):
        with pytest.raises(Unreadable):
            opener.open(value)


def test_values_are_sealed_again_with_the_present_key() -> None:
    """Bytes and texts, also while the other key is still in the settings."""
    old = make_key()
    both, new = Pseudonyms([KEY, old]).sealer, Pseudonyms([KEY]).sealer
    for sealed in (Pseudonyms([old]).sealer.seal(b"x"), Pseudonyms([old]).sealer.seal_text("x")):
        assert both.find_key(sealed) == 1
        again = both.seal_again(sealed)
        assert both.find_key(again) == 0
        assert (new.open(again) if isinstance(again, bytes) else new.open_text(again)) in (
            b"x",
            "x",
        )
