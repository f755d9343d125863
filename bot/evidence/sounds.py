"""Sounds without metadata: only what is needed to play them is copied."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

from bot.evidence.errors import NotCleanable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FLAC_STREAM_INFO, _FLAC_SEEK_TABLE = 0, 3
_WAV_CHUNKS = frozenset({b"fmt ", b"fact", b"data"})
# The first bytes of the streams that are copied, and the number of their header packets. The
# second packet is always the comment.
_OGG_CODECS = ((b"OpusHead", 2), (b"\x01vorbis", 3), (b"Speex   ", 2))
_EMPTY_COMMENTS = {
    b"OpusHead": b"OpusTags" + bytes(8),
    b"\x01vorbis": b"\x03vorbis" + bytes(8) + b"\x01",
    b"Speex   ": bytes(8),
}
_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
# Kilobits a second by (is MPEG 1, layer).
_BIT_RATES = {
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def clean_sound(content: bytes, content_type: str) -> bytes:
    """Return a sound without tags, pictures and unknown parts. Raises NotCleanable."""
    return _CLEANERS[content_type](content)


def _clean_mp3(content: bytes) -> bytes:
    """Return the frames of an MP3 file: tags of all kinds stand before, between or after them."""
    frames: list[bytes] = []
    position = _skip_id3(content, 0)
    while position + 4 <= len(content):
        size = _measure_frame(content, position)
        end = position + size
        if size and (end >= len(content) - 4 or _measure_frame(content, end) or frames):
            frames.append(content[position:end])
            position = end
        elif content[position : position + 3] == b"ID3":
            position = max(_skip_id3(content, position), position + 1)
        else:
            position = _find_frame(content, position + 1)
    if not frames:
        raise NotCleanable("no frames of MPEG audio")
    return b"".join(frames)


def _find_frame(content: bytes, start: int) -> int:
    """Return the position of the next frame that another frame follows; the end if none."""
    position = content.find(b"\xff", start)
    while position != -1:
        size = _measure_frame(content, position)
        if size and _measure_frame(content, position + size):
            return position
        position = content.find(b"\xff", position + 1)
    return len(content)


def _measure_frame(content: bytes, position: int) -> int:
    """Return the size of the frame of MPEG audio at a position in bytes; 0 if there is none."""
    header = content[position : position + 4]
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    rate, frequency = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or layer == 4 or rate in {0, 15} or frequency == 3:
        return 0
    bits = _BIT_RATES[version == 3, layer][rate] * 1000
    hertz, padding = _SAMPLE_RATES[version][frequency], header[2] >> 1 & 1
    if layer == 1:
        size = (12 * bits // hertz + padding) * 4
    else:
        samples = 72 if layer == 3 and version != 3 else 144
        size = samples * bits // hertz + padding
    return size if position + size <= len(content) else 0


def _skip_id3(content: bytes, position: int) -> int:
    """Return the position after the ID3v2 tags that begin at a position."""
    while content[position : position + 3] == b"ID3" and position + 10 <= len(content):
        size = 0
        for byte in content[position + 6 : position + 10]:
            size = size << 7 | byte & 0x7F
        position += 10 + size + (10 if content[position + 5] & 0x10 else 0)
    return position


def _clean_flac(content: bytes) -> bytes:
    """Return the description of the stream, the seek table and the frames of a FLAC file."""
    position = _skip_id3(content, 0)
    if content[position : position + 4] != b"fLaC":
        raise NotCleanable("no FLAC stream")
    position += 4
    kept, is_last = [], False
    while not is_last:
        if position + 4 > len(content):
            raise NotCleanable("a FLAC stream that is cut off")
        is_last, kind = bool(content[position] & 0x80), content[position] & 0x7F
        end = position + 4 + int.from_bytes(content[position + 1 : position + 4], "big")
        if kind in {_FLAC_STREAM_INFO, _FLAC_SEEK_TABLE}:
            kept.append((kind, content[position + 1 : end]))
        position = end
    if not kept or kept[0][0] != _FLAC_STREAM_INFO:
        raise NotCleanable("a FLAC stream without description")
    marks = [kind | (0x80 if n == len(kept) - 1 else 0) for n, (kind, _block) in enumerate(kept)]
    blocks = (bytes([mark]) + block for mark, (_kind, block) in zip(marks, kept, strict=True))
    return b"fLaC" + b"".join(blocks) + _cut_tags_at_end(content[position:])


def _cut_tags_at_end(content: bytes) -> bytes:
    """Return the content without ID3v1 and APE tags at its end."""
    while True:
        if content[-128:-125] == b"TAG":
            content = content[:-128]
        elif content[-32:-24] == b"APETAGEX":
            size, _count, flags = struct.unpack_from("<III", content, len(content) - 20)
            size = max(size, 32) + (32 if flags & 0x80000000 else 0)
            content = content[: max(len(content) - size, 0)]
        else:
            return content


def _clean_wav(content: bytes) -> bytes:
    """Return the format and the samples of a WAV file."""
    if content[:4] != b"RIFF":
        raise NotCleanable("another kind of WAV")
    chunks = b"".join(
        content[start:end] + bytes((end - start) % 2)
        for name, start, end in _list_chunks(content)
        if name in _WAV_CHUNKS
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _list_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of the chunks of a RIFF file, cut at the end of the file."""
    position = 12
    while position + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, position)
        end = min(position + 8 + size, len(content))
        yield name, position, end
        position += 8 + size + size % 2


def _clean_ogg(content: bytes) -> bytes:
    """Return the streams of sound of an Ogg file, each with an empty comment."""
    from mutagen import ogg

    streams: dict[int, list[Any]] = {}
    source, written = io.BytesIO(content), io.BytesIO()
    try:
        while source.tell() < len(content):
            page: Any = ogg.OggPage(source)  # type: ignore[no-untyped-call]
            streams.setdefault(page.serial, []).append(page)
    except (ogg.error, EOFError) as error:
        raise NotCleanable("not an Ogg file") from error
    for number, pages in enumerate(streams.values(), 1):
        for page in _replace_comment(pages, number):
            written.write(page.write())
    if not written.tell():
        raise NotCleanable("no known stream of sound")
    return written.getvalue()


def _replace_comment(pages: list[Any], serial: int) -> list[Any]:
    """Return the pages of a stream with an empty comment, numbered anew.

    Return nothing for a stream that is no known sound.
    """
    from mutagen import ogg

    page_type: Any = ogg.OggPage
    first = pages[0].packets[0] if pages[0].packets else b""
    codec = next(((mark, count) for mark, count in _OGG_CODECS if first.startswith(mark)), None)
    if codec is None:
        return []
    mark, header_count = codec
    taken, packets = 0, 0
    while taken < len(pages) and packets < header_count:
        page = pages[taken]
        packets += len(page.packets) - (0 if page.complete else 1)
        taken += 1
    headers = page_type.to_packets(pages[:taken])
    if len(headers) > header_count:
        raise NotCleanable("an Ogg stream with unusual headers")
    head = [pages[0]]
    head[0].packets = [headers[0]]
    if len(headers) < header_count:
        return head  # cut off before the first sound
    rest = [_EMPTY_COMMENTS[mark], *headers[2:]]
    stream = [*head, *page_type.from_packets(rest, sequence=1), *pages[taken:]]
    for sequence, page in enumerate(stream):
        page.sequence, page.serial = sequence, serial
    return stream


_CLEANERS: dict[str, Callable[[bytes], bytes]] = {
    "audio/mpeg": _clean_mp3,
    "audio/flac": _clean_flac,
    "audio/wav": _clean_wav,
    "audio/ogg": _clean_ogg,
}
SOUND_TYPES = frozenset(_CLEANERS)
