"""Plants the programme's rows, and knows what was planted before.

A row that is new is made. A field of a row that is there changes only while it still holds what it was seeded with: what an
organizer has changed since stays.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy import delete, insert, select, update

from festival.lib.db import Model, db
from festival.lib.documents import Words
from festival.seed.models import SeededValue

Row = TypeVar("Row", bound=Model)
#: Fields that only make sense together: where somebody has changed one of them, none is seeded any more.
TOGETHER = (
    frozenset({"starts_at", "ends_at", "doors_at", "opens_at", "closes_at", "backup_starts_at", "decision_at"}),
    frozenset({"quota_question", "quota_answer"}),
)
#: A table's name and a row's id in it.
Subject = tuple[str, int]
#: In front of a table's name: what organizers have removed of it, by its owner's id and its key. The seed does not bring it back.
GONE = "gone:"


@dataclass(slots=True)
class Report:
    """What a load did."""

    #: Rows made, by table.
    made: Counter[str] = field(default_factory=Counter)
    #: Such as ``activity forum: title_en``.
    changed: list[str] = field(default_factory=list)
    #: News of the files that was left aside, and why.
    kept: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def is_quiet(self) -> bool:
        """Tell whether nothing was written."""
        return not (self.made or self.changed or self.removed)


def both(name: str, words: Words | None) -> dict[str, str]:
    """Return the two columns of a bilingual value; empty where there is none."""
    return {f"{name}_zh": words.zh if words else "", f"{name}_en": words.en if words else ""}


def canonical(value: object) -> str:
    """Return a column's value as text that is equal exactly when the value is."""
    if isinstance(value, datetime):
        return json.dumps(value.astimezone(UTC).isoformat())
    if isinstance(value, date):
        return json.dumps(value.isoformat())
    return json.dumps(value, ensure_ascii=False)


class Sower:
    """Plants rows one after the other inside one transaction; ``settle`` writes down what was planted."""

    def __init__(self) -> None:
        self.report = Report()
        self._known: dict[Subject, dict[str, str]] = {}
        for seeded in db.session.execute(
            select(SeededValue.subject, SeededValue.subject_id, SeededValue.field, SeededValue.value),
        ):
            self._known.setdefault((seeded.subject, seeded.subject_id), {})[seeded.field] = seeded.value
        self._new: list[tuple[Model, dict[str, str]]] = []

    def make(self, model: type[Row], values: Mapping[str, Any], **once: object) -> Row:
        """Make a new row.

        :param values: what the files say; remembered as seeded.
        :param once: what is set now and never by a seed again (an id of a parent, a status).
        """
        row = model(**values, **once)
        db.session.add(row)
        self._new.append((row, {name: canonical(value) for name, value in values.items()}))
        self.report.made[model.__tablename__] += 1
        return row

    def tend(self, row: Model, name: str, values: Mapping[str, Any], *, held: frozenset[str] = frozenset()) -> set[str]:
        """Bring a row up to what the files say, where nobody else has changed it; return the fields that changed.

        :param name: what the report calls it.
        :param held: fields that may not change any more, because people have signed up.
        """
        subject = _subject(row)
        seeded = self._known.setdefault(subject, {})
        changed: set[str] = set()
        touched = _with_companions(
            {name for name in values if seeded.get(name) not in {None, canonical(getattr(row, name))}},
        )
        for field_name, value in values.items():
            told, before, now = canonical(value), seeded.get(field_name), canonical(getattr(row, field_name))
            if told == before or (told == now and before is None):
                continue
            if told == now:  # an organizer was faster
                self._remember(subject, field_name, told)
            elif field_name in touched:
                self.report.kept.append(f"{name}: {field_name} stays as it was changed here")
            elif field_name in held:
                self.report.kept.append(f"{name}: {field_name} stays, people have signed up")
            else:
                setattr(row, field_name, value)
                self._remember(subject, field_name, told)
                changed.add(field_name)
        if changed:
            self.report.changed.append(f"{name}: {', '.join(sorted(changed))}")
        return changed

    def plant(
        self,
        model: type[Row],
        row: Row | None,
        values: Mapping[str, Any],
        *,
        name: str,
        held: frozenset[str] = frozenset(),
        **once: object,
    ) -> Row:
        """Make a row, or bring the one that is there up to the files."""
        if row is None:
            return self.make(model, values, **once)
        self.tend(row, name, values, held=held)
        return row

    def name_left_behind(self, what: str, known: Mapping[str, Model], rows: Iterable[str]) -> None:
        """Say what has left the files. It stays: someone may have signed up, or an organizer may need it."""
        for key in sorted(set(known) - set(rows)):
            if self.was_planted(known[key]):
                self.report.kept.append(f"{what} {key}: has left the files and stays")

    def was_planted(self, row: Model) -> bool:
        """Tell whether a row came from a seed, not from an organizer."""
        return _subject(row) in self._known

    def is_gone(self, model: type[Model], owner_id: int, key: str) -> bool:
        """Tell whether organizers have removed a row that was planted: it stays away, and what has its key now is theirs."""
        return key in self._known.get((f"{GONE}{model.__tablename__}", owner_id), {})

    def remove(self, row: Model, name: str) -> None:
        """Remove a row that has left the files."""
        subject = _subject(row)
        db.session.execute(
            delete(SeededValue).where(SeededValue.subject == subject[0], SeededValue.subject_id == subject[1]),
        )
        db.session.delete(row)
        self.report.removed.append(name)

    def settle(self) -> None:
        """Give new rows their ids and write down what they were seeded with."""
        db.session.flush()
        rows = list(self._seeded_rows())
        if rows:
            db.session.execute(insert(SeededValue), rows)
        self._new.clear()

    def _seeded_rows(self) -> Iterator[dict[str, object]]:
        for row, values in self._new:
            subject, subject_id = _subject(row)
            self._known[subject, subject_id] = values
            for name, value in values.items():
                yield {"subject": subject, "subject_id": subject_id, "field": name, "value": value}

    def _remember(self, subject: Subject, name: str, value: str) -> None:
        if name in self._known[subject]:
            db.session.execute(
                update(SeededValue)
                .where(
                    SeededValue.subject == subject[0],
                    SeededValue.subject_id == subject[1],
                    SeededValue.field == name,
                )
                .values(value=value),
            )
        else:
            db.session.add(SeededValue(subject=subject[0], subject_id=subject[1], field=name, value=value))
        self._known[subject][name] = value


def note_gone(model: type[Model], row_ids: Iterable[int], *, owner_id: int, keys: Mapping[int, str] | None = None) -> None:
    """Forget what rows were planted with because organizers remove them; remember of those with a key that they are gone.

    :param owner_id: whose they are: the festival of an activity, the activity of a slot or a question.
    :param keys: by row id; None: they go along with something that is remembered.
    """
    table, ids = model.__tablename__, list(row_ids)
    planted = set(
        db.session.scalars(
            select(SeededValue.subject_id).where(SeededValue.subject == table, SeededValue.subject_id.in_(ids)).distinct(),
        ),
    )
    if not planted:
        return
    db.session.execute(delete(SeededValue).where(SeededValue.subject == table, SeededValue.subject_id.in_(planted)))
    for row_id in sorted(planted) if keys else ():
        db.session.add(SeededValue(subject=f"{GONE}{table}", subject_id=owner_id, field=(keys or {})[row_id], value="true"))


def forget_gone(model: type[Model], owner_id: int) -> None:
    """Forget which rows of an owner are gone, because the owner goes too: its id may be given to another."""
    gone = f"{GONE}{model.__tablename__}"
    db.session.execute(delete(SeededValue).where(SeededValue.subject == gone, SeededValue.subject_id == owner_id))


def _with_companions(fields: set[str]) -> set[str]:
    return fields.union(*(group for group in TOGETHER if group & fields))


def _subject(row: Model) -> Subject:
    return row.__tablename__, int(row.id)  # type: ignore[attr-defined]  # every table of the programme has one
