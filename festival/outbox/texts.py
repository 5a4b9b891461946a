"""What fits into a text message, and words with places to fill. Pure: plain values in, words or a verdict out."""

import re
from collections.abc import Callable, Container, Mapping

#: The signature that a text message must carry.
SIGNATURE = "【河西人才节】"
#: Characters of one text message in UTF-16, the signature included.
SMS_LENGTH = 70
#: A part is not cut shorter than this.
_LEAST = 6
#: Of a detail at least so much is worth reading.
_MOST_OF = 0.6
#: Braces of a Chinese keyboard are braces too.
_PLACEHOLDER = re.compile(r"[{｛]([^{}｛｝]*)[}｝]")
_BRACE = re.compile(r"[{}｛｝]")
#: What a telephone would make a link of. A text message carries none: people are taught not to tap them.
_LINK = re.compile(r"https?:|www\.|[a-z0-9-]+\.(?:cn|com|net|org|gov|top|vip|cc|io|me|link)\b", re.IGNORECASE)


def units(text: str) -> int:
    """Return a text's length as a telephone counts it: in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def fitted(sentence: Callable[..., str], *parts: str) -> str:
    """Return a signed sentence that fits into one text message: its parts are cut, the first one first, until it does."""
    cut = list(parts)
    for at in range(len(cut)):
        over = units(SIGNATURE + sentence(*cut)) - SMS_LENGTH
        if over <= 0:
            break
        keep = max(_LEAST, len(cut[at]) - over - 1)
        if keep < len(cut[at]):
            cut[at] = f"{cut[at][:keep].rstrip()}…"
    return SIGNATURE + sentence(*cut)


def fitted_or(sentence: Callable[..., str], shorter: Callable[..., str], detail: str, *parts: str) -> str:
    """Return a signed sentence that fits into one text message, with a detail in it as long as most of that can stay.

    :param sentence: of the detail and the parts. ``shorter``: of the parts alone, where too little of the detail would be left.
    """
    room = SMS_LENGTH - units(SIGNATURE + sentence("", *parts))
    if room >= max(_LEAST, units(detail) * _MOST_OF):
        return fitted(sentence, detail, *parts)
    return fitted(shorter, *parts)


def has_link(text: str) -> bool:
    """Tell whether a telephone would show part of a text as a link."""
    return bool(_LINK.search(text))


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its placeholders filled, in one pass: what a value holds is never read as a placeholder.

    :param values: by name of a placeholder; one without a value stays as it is.
    """
    return _PLACEHOLDER.sub(lambda match: values.get(match[1].strip(), match[0]), text)


def unknown_placeholders(text: str, known: Container[str]) -> list[str]:
    """Return the placeholders of a text that stand for nothing, each once, in their order."""
    return list(dict.fromkeys(name for name in _PLACEHOLDER.findall(text) if name.strip() not in known))


def has_stray_brace(text: str) -> bool:
    """Tell whether a brace of a text belongs to no placeholder: somebody has lost half of one."""
    return bool(_BRACE.search(_PLACEHOLDER.sub("", text)))
