"""Reads the programme's files. What is wrong is said in one line each: which file, where in it, and why."""

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from festival.seed.document import (
    ActivityEntry,
    FestivalEntry,
    HolidayEntry,
    Key,
    Programme,
    QuestionEntry,
    TrackEntry,
    VenueEntry,
)

#: The programme that comes with the project.
FOLDER = Path(__file__).parent / "programme"
Read = TypeVar("Read")
#: libyaml where PyYAML was built with it: five times as fast.
_SAFE: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong in a file."""

    file: str
    #: Such as ``pools[line-a].capacity``; empty: the file as a whole.
    path: str
    reason: str

    def __str__(self) -> str:
        """Return it as one line."""
        return ": ".join(part for part in (self.file, self.path, " ".join(self.reason.split())) if part)


class ProgrammeRefused(Exception):  # noqa: N818  # a refusal is an answer, not an error
    """The files are not a programme. Nothing was written."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def read(folder: Path = FOLDER) -> Programme:
    """Return the programme of a folder, each value checked on its own.

    :raises ProgrammeRefused: a file is missing or not YAML, or a key is unknown, missing or impossible.
    """
    reader = _Reader(folder)
    festival = reader.one("festival.yaml", FestivalEntry)
    tracks = reader.one("tracks.yaml", tuple[TrackEntry, ...])
    venues = reader.one("venues.yaml", tuple[VenueEntry, ...])
    questions = reader.one("questions.yaml", dict[Key, QuestionEntry])
    holidays = reader.one("holidays.yaml", tuple[HolidayEntry, ...])
    names = sorted(path.name for path in (folder / "activities").glob("*.yaml"))
    activities = [reader.one(f"activities/{name}", ActivityEntry) for name in names]
    if reader.problems or festival is None:
        raise ProgrammeRefused(reader.problems)
    return Programme(
        festival=festival,
        tracks=tracks or (),
        venues=venues or (),
        questions=questions or {},
        holidays=holidays or (),
        activities=tuple(sorted(filter(None, activities), key=lambda activity: activity.position)),
    )


def problems_in(error: ValidationError, file: str, raw: object, prefix: str = "") -> list[Problem]:
    """Return a validation's errors as problems; ``raw`` is what the file says, to name items by their keys."""
    return [Problem(file, _joined(prefix, _path(found["loc"], raw)), _reason(found)) for found in error.errors()]


class _Reader:
    """Reads file after file and collects what is wrong in any."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.problems: list[Problem] = []

    def one(self, name: str, shape: type[Read]) -> Read | None:
        """Return one file's value; None after noting what is wrong."""
        try:
            raw = yaml.load((self._folder / name).read_text(encoding="utf-8"), _Loader)  # noqa: S506  # a safe loader
        except FileNotFoundError:
            self.problems.append(Problem(name, "", "there is no such file"))
            return None
        except (yaml.YAMLError, ValueError) as error:
            self.problems.append(Problem(name, "", f"is not YAML: {error}"))
            return None
        try:
            return TypeAdapter(shape).validate_json(json.dumps(raw, default=str))
        except ValidationError as error:
            self.problems += problems_in(error, name, raw)
            return None


class _Loader(_SAFE):  # type: ignore[misc, valid-type]  # chosen when the program starts
    """YAML that refuses a key given twice: the first would be dropped in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  # PyYAML's signature
        seen: set[object] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} is there twice", key.start_mark)
            seen.add(key.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def _joined(prefix: str, path: str) -> str:
    if prefix and path:
        return f"{prefix}.{path}" if not path.startswith("[") else f"{prefix}{path}"
    return prefix or path


def _path(loc: Sequence[int | str], raw: object) -> str:
    """Return where it is: items of a list by their key where they have one, else by their number from 1."""
    path = ""
    for step in loc:
        if isinstance(step, int):
            raw = raw[step] if isinstance(raw, list) and step < len(raw) else None
            path += f"[{_name_of(raw) or step + 1}]"
        else:
            raw = raw.get(step) if isinstance(raw, Mapping) else None
            path += f".{step}" if path else step
    return path


def _name_of(item: object) -> str:
    named = item.get("key", "") if isinstance(item, Mapping) else ""
    return named if isinstance(named, str) else ""


def _reason(found: ErrorDetails) -> str:
    if found["type"] == "extra_forbidden":
        return "unknown key"
    if found["type"] == "missing":
        return "is missing"
    words = found["msg"].removeprefix("Value error, ")
    given = found["input"]
    if found["type"] != "value_error" and isinstance(given, str | int | float | bool | None):
        return f"{words[:1].lower()}{words[1:]}; it is {given!r}"
    return words
