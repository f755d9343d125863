"""Signs that a file is a program or a script, whatever it looks like."""

from __future__ import annotations

import re

from bot.evidence.errors import ActiveContent

# Extensions that a computer runs, or opens with a program that runs what is inside.
_PROGRAM_EXTENSIONS = frozenset(
    """
    ade adp apk app appx bat cab chm cmd com cpl desktop dll docm dotm exe gadget hta htm html inf
    ins iqy iso img isp jar job js jse lnk mht mhtml msc msh msi msix msp mst pif potm ppam ppsm
    pptm ps1 ps1xml ps2 psc1 psm1 py pyw rb reg rgs scf scr sct search-ms settingcontent-ms sh
    shb shs sldm slk svg url vb vbe vbs vhd vhdx ws wsc wsf wsh xbap xhtml xlam xll xlsb xlsm
    xltm xml xsl
    """.split()  # noqa: SIM905 - a list of words is easier to read
)
_PROGRAM_SIGNATURES = (
    b"MZ", b"\x7fELF", b"#!", b"L\0\0\0\x01\x14\x02\0", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe", b"dex\n", b"ITSF", b"FWS", b"CWS", b"ZWS",
)  # fmt: skip
# The starts of text files that some program runs or follows.
_SCRIPT_START = re.compile(
    r"\s*(?:@?echo\s+off|@echo\b|id;p|regedit4|windows registry editor|mime-version:"
    r"|\[(?:internetshortcut|desktop entry|autorun|version|\{)|web\r?\n1\r?\n|on error resume next"
    r"|option explicit|#requires|param\s*\(|import (?:os|sys|subprocess|socket)\b)"
)
# Words of scripts that opinions of residents do not have.
_SCRIPT_WORDS = re.compile(
    r"<script|<hta:|<html|<object\b|<iframe|javascript:|vbscript:|createobject\s*\(|getobject\s*\("
    r"|wscript\.|activexobject|powershell(?:\.exe)?\s+-|invoke-(?:expression|webrequest)\b|iex\s*\("
    r"|cmd(?:\.exe)?\s+/[ck]\b|mshta\b|rundll32|regsvr32|certutil\s+-|\bddeauto\b"
    r"|new-object\s+(?:system\.)?net\.|document\.write\s*\(|\beval\s*\("
)
_MAX_SCANNED = 2 * 1024 * 1024  # characters of a text


def is_program(content: bytes) -> bool:
    """Return True if a file begins like a program or a shortcut."""
    return content.startswith(_PROGRAM_SIGNATURES)


def check_claims(content: bytes, content_type: str, extension: str) -> None:
    """Raise ActiveContent if a file is named like a program, or is a text that is a script.

    `extension` is the one that the sender gave, without the dot.
    """
    if extension.casefold() in _PROGRAM_EXTENSIONS:
        raise ActiveContent("a file that is named like a program")
    if content_type == "text/plain":
        text = content.decode("utf-8", "replace").lstrip("\ufeff")[:_MAX_SCANNED].casefold()
        if _SCRIPT_START.match(text) or _SCRIPT_WORDS.search(text):
            raise ActiveContent("a script")
