"""The English catalogue: ``python -m festival.lib.catalogue compile | check | messages``.

Chinese is the language of the message ids. Each slice keeps its English in ``translations/en/<slice>.po``; they are merged
and compiled into the one catalogue that Flask-Babel reads. A message may stand in several files, with the same English.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po

PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parent
ENGLISH = PACKAGE / "translations" / "en"
COMPILED = ENGLISH / "LC_MESSAGES" / "messages.mo"
#: What marks a message in code and templates: the name, and which arguments are message ids.
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "_n": (1, 2), "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2"), ("**.xml", "jinja2"), ("**.svg", "jinja2")]
OPTIONS = {"jinja2": {"silent": "false", "extensions": "jinja2.ext.do,jinja2.ext.loopcontrols"}}
_PLACEHOLDER = re.compile(r"%%|%\((\w+)\)[sdif]|%(?=.)")

#: A message id, or its two forms.
Words = str | tuple[str, ...]


@dataclass(slots=True)
class Translations:
    """The English of every slice, and what is wrong with it."""

    english: dict[Words, Words] = field(default_factory=dict)
    #: The file each message was first read from.
    files: dict[Words, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def main(arguments: list[str]) -> int:
    """Run one command; return the exit status."""
    match arguments:
        case ["compile"]:
            return compile_english()
        case ["check"]:
            return check()
        case ["messages"]:
            return add_new()
    print("usage: python -m festival.lib.catalogue compile | check | messages", file=sys.stderr)
    return 2


def compile_english() -> int:
    """Write the one compiled catalogue."""
    read = read_english(ENGLISH)
    for fault in read.faults:
        print(fault, file=sys.stderr)
    if read.faults:
        return 1
    catalogue = Catalog(locale="en", domain="messages")
    for words, english in read.english.items():
        catalogue.add(words if isinstance(words, str) else list(words), english if isinstance(english, str) else list(english))
    COMPILED.parent.mkdir(parents=True, exist_ok=True)
    draft = COMPILED.with_suffix(".new")
    with draft.open("wb") as file:
        write_mo(file, catalogue)
    draft.replace(COMPILED)  # a running server never reads half a catalogue
    return 0


def check() -> int:
    """Print every message without sound English, and every English without a message."""
    read = read_english(ENGLISH)
    faults = [*read.faults, *judge(dict(used()), read)]
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        print(f"The English catalogue has {len(faults)} faults. `make messages` adds what is missing.", file=sys.stderr)
        return 1
    print(f"{len(read.english)} messages, all in both languages.")
    return 0


def add_new() -> int:
    """Add messages that no slice has yet to their slice's file, empty; list what lacks English."""
    read = read_english(ENGLISH)
    missing = [(words, where) for words, where in used() if words not in read.english]
    by_file: dict[str, list[tuple[Words, str]]] = {}
    for words, where in missing:
        by_file.setdefault(slice_of(where), []).append((words, where))
    for name, found in sorted(by_file.items()):
        path = ENGLISH / f"{name}.po"
        catalogue = _read(path) if path.exists() else Catalog(locale="en", domain=name, charset="utf-8", fuzzy=False)
        for words, where in found:
            if words not in catalogue:
                catalogue.add(words if isinstance(words, str) else list(words), auto_comments=[where])
        with path.open("wb") as file:
            write_po(file, catalogue, width=120, omit_header=False)
        print(f"{path.relative_to(ROOT)}: {len(found)} messages lack English")
    for words in sorted(set(read.english) - {words for words, _ in used()}, key=str):
        print(f"{read.files[words]}: no longer used: {shown(words)}")
    return 0


# -- reading ----------------------------------------------------------------------------------------------------------------


def read_english(folder: Path) -> Translations:
    """Read every slice's file; the same message with different English in two files is a fault."""
    result = Translations()
    for path in sorted(folder.glob("*.po")):
        try:
            catalogue = _read(path)
        except (PoFileError, ValueError) as error:
            result.faults.append(f"{path.name}: {error}")
            continue
        for message in catalogue:
            if not message.id:
                continue
            if message.fuzzy:
                result.faults.append(f"{path.name}:{message.lineno}: fuzzy: {shown(_words(message.id))}")
            _keep(result, path.name, _words(message.id), _words(message.string))
    return result


def _keep(result: Translations, name: str, words: Words, english: Words) -> None:
    empty = not english if isinstance(english, str) else not all(english)
    if empty:
        return  # judged as missing
    seen = result.english.setdefault(words, english)
    first = result.files.setdefault(words, name)
    if seen != english:
        result.faults.append(f"{name}: {shown(words)} is {shown(english)} here and {shown(seen)} in {first}")


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


def _words(value: object) -> Words:
    return tuple(str(part) for part in value) if isinstance(value, (list, tuple)) else str(value or "")


def used() -> Iterator[tuple[Words, str]]:
    """Yield every message of code and templates once, with where it is first said."""
    seen: set[Words] = set()
    for folder in (PACKAGE, ROOT / "templates"):
        for name, line, said, _comments, _context in extract_from_dir(
            folder, method_map=METHODS, options_map={"**.html": OPTIONS["jinja2"]}, keywords=KEYWORDS
        ):
            words = _words(said)
            if words not in seen:
                seen.add(words)
                yield words, f"{folder.name}/{name}:{line}"


def slice_of(where: str) -> str:
    """Return whose file a message belongs to: the slice's name, as in ``festival/signups/…`` or ``templates/manage/roster/…``.

    Each kind of activity has its own: ``kinds-forum``.
    """
    parts = where.split(":", maxsplit=1)[0].split("/")[1:-1]
    if parts and parts[0] in {"manage", "messages"} and len(parts) > 1:
        parts = parts[1:]
    if parts and parts[0] == "kinds" and len(parts) > 1:
        return f"kinds-{parts[1]}"
    return parts[0] if parts and parts[0] not in {"layout", "components", "errors"} else "lib"


# -- judging ----------------------------------------------------------------------------------------------------------------


def judge(wanted: dict[Words, str], read: Translations) -> Iterator[str]:
    """Yield what is wrong between what is said (message -> where) and its English."""
    for words, where in wanted.items():
        english = read.english.get(words)
        if english is None:
            yield f"{where}: no English for {shown(words)}"
        elif fault := mismatch(words, english):
            yield f"{read.files[words]}: {fault} in {shown(words)} -> {shown(english)}"
    for words in read.english.keys() - wanted.keys():
        yield f"{read.files[words]}: nobody says {shown(words)}"


def mismatch(words: Words, english: Words) -> str:
    """Return what keeps the English from standing in for the message: different placeholders, or different forms; or ''."""
    if isinstance(words, str) != isinstance(english, str):
        return "one form against two"
    originals = (words,) if isinstance(words, str) else words
    wanted = placeholders(originals[-1])
    for form in (english,) if isinstance(english, str) else english:
        has = placeholders(form)
        if has != wanted and not (isinstance(words, tuple) and has | Counter({"num": wanted["num"]}) == wanted):
            return f"placeholders {sorted(has.elements())} against {sorted(wanted.elements())}"
    return ""


def placeholders(words: str) -> Counter[str]:
    """Return the named placeholders of a text; a stray ``%`` counts as one too, since it would break the text."""
    found: Counter[str] = Counter()
    for match in _PLACEHOLDER.finditer(words):
        if match[0] != "%%":
            found[match[1] or "%"] += 1
    return Counter(set(found))


def shown(words: Words) -> str:
    """Return a message as it is shown to the developer."""
    return repr(words) if isinstance(words, str) else " / ".join(map(repr, words))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
