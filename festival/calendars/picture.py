"""The picture of a person's schedule: where each word stands, and nothing that opens a door. Pure: rows in, marks out.

A server need not have a font for Chinese, so the picture is SVG: whoever opens it draws the letters, and a browser makes pixels
of it. SVG breaks no lines; they are broken here, by how wide letters are at most.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

#: As wide as a phone's screen. Pixels, before the browser doubles them.
WIDTH = 540
_LEFT, _RIGHT, _TIME = 32, 24, 124
_INK, _GREY, _BLUE = "#1F2329", "#4E5969", "#17458F"
_LINE = 1.5
#: Lines of a title; what is longer is on the ticket.
_TITLE_LINES = 2
#: Of an em: how wide a letter is at most that is not as wide as a Chinese one.
_NARROW = 0.6


@dataclass(frozen=True, slots=True)
class Row:
    """One thing somebody goes to, in words."""

    day: str
    #: Empty: not known.
    hours: str
    title: str
    #: Where it is; then the bus or zone, and the seats.
    lines: tuple[str, ...]
    #: ``#RRGGBB``, the track's.
    colour: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words at a place; ``y`` is their base line."""

    x: int
    y: int
    size: int
    words: str
    fill: str = _INK
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A coloured bar beside a row."""

    x: int
    y: int
    height: int
    fill: str


@dataclass(slots=True)
class Picture:
    """What is drawn, and how high it has become."""

    texts: list[Text] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    height: int = 0

    def say(self, words: str, x: int, size: int, *, fill: str = _INK, is_bold: bool = False, most: int = 3) -> None:
        """Write words below what is there, in as many lines as they need."""
        for line in broken(words, (WIDTH - _RIGHT - x) / size, most):
            self.height += round(size * _LINE)
            self.texts.append(Text(x, self.height, size, line, fill, is_bold))


def draw(heading: str, rows: Sequence[Row], empty: str, foot: Iterable[str]) -> Picture:
    """Return the picture of a schedule. ``empty``: what it says where there are no rows; ``foot``: its last lines."""
    picture = Picture(height=20)
    picture.say(heading, _LEFT, 26, fill=_BLUE, is_bold=True)
    if not rows:
        picture.height += 12
        picture.say(empty, _LEFT, 17)
    for day, of_day in groupby(rows, key=lambda row: row.day):
        picture.height += 20
        picture.say(day, _LEFT, 19, is_bold=True)
        for row in of_day:
            _draw_row(picture, row)
    picture.height += 20
    for line in foot:
        picture.say(line, _LEFT, 13, fill=_GREY)
    picture.height += 24
    return picture


def _draw_row(picture: Picture, row: Row) -> None:
    picture.height += 10
    top = picture.height
    picture.say(row.title, _LEFT + _TIME, 17, is_bold=True, most=_TITLE_LINES)
    first = next(text.y for text in picture.texts if text.y > top)
    if row.hours:
        picture.texts.append(Text(_LEFT + 12, first, 16, row.hours, _GREY))
    for line in row.lines:
        picture.say(line, _LEFT + _TIME, 15, fill=_GREY)
    picture.bars.append(Bar(_LEFT, top + 6, picture.height - top, row.colour))


def broken(words: str, room: float, most: int) -> list[str]:
    """Return words in lines of at most so many em, broken between words and Chinese letters; the last one may end in …."""
    lines = [""]
    for part in _parts(words):
        if lines[-1] and _width(lines[-1] + part.rstrip()) > room:
            lines.append(part.lstrip())
        else:
            lines[-1] += part
    kept = [line.rstrip() for line in lines]
    if len(kept) > most:
        kept = [*kept[: most - 1], _cut(kept[most - 1] + "…", room)]
    return [_cut(line, room) for line in kept if line]


def _parts(words: str) -> Iterator[str]:
    """Yield what stays together: a Chinese letter, or a word with the space behind it."""
    held = ""
    for letter in words:
        if _is_wide(letter):
            if held:
                yield held
                held = ""
            yield letter
        else:
            held += letter
            if letter == " ":
                yield held
                held = ""
    if held:
        yield held


def _cut(line: str, room: float) -> str:
    """Return a line that fits: one word may be longer than all there is."""
    while _width(line) > room:
        line = f"{line.rstrip('…')[:-1]}…"
    return line


def _width(words: str) -> float:
    return sum(1.0 if _is_wide(letter) else _NARROW for letter in words)


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in {"W", "F", "A"}
