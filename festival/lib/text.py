"""Text as people type it, made fit to keep: one normal form at the input boundary, nothing that breaks a file later."""

import re
import unicodedata

#: C0 but tab and line feed, DEL, C1, lone surrogates, non-characters, byte order mark, Unicode line separators.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff\u2028\u2029"
    + "".join(chr(plane * 0x10000 + low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
    + "]",
)
#: Invisible marks that turn the direction of what follows, and zero-width characters that make two names look alike.
_UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069]")
_SPACES = re.compile(r"\s+")


def clean(value: str) -> str:
    """Return text of several lines in NFC, with line feeds as line ends and no control, invisible or unpaired characters."""
    if value.isprintable() and unicodedata.is_normalized("NFC", value):  # nothing in it is of a category removed below
        return value.strip()
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _UNSEEN.sub("", _UNFIT.sub("", value))).strip()


def clean_line(value: str) -> str:
    """Return text of one line: cleaned, every run of white space one space."""
    return _SPACES.sub(" ", clean(value)).strip()


def search_key(value: str) -> str:
    """Return text as it is compared in a search: NFKC, lower case, no white space; 2-character Chinese words still match."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", clean(value)).casefold())


def half_width(value: str) -> str:
    """Return what a Chinese keyboard typed in full width (digits, letters, @) in the usual width."""
    return unicodedata.normalize("NFKC", value)
