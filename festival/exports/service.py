"""Taking a list away, which is recorded, and taking one back. Call inside ``transaction()``."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from festival.audit.service import record
from festival.exports.editing import columns_of
from festival.exports.returned import Change, Difference, Edited, Line, ReturnReason, ReturnRefused, decision_of, differ
from festival.exports.standing import forms_of, standing_of
from festival.programme.models import Activity
from festival.reviews import service as reviews
from festival.reviews.rules import Decision
from festival.signups.service import lock


def record_export(  # a file has rows, a digest, somebody who takes it and a reason
    activity_id: int,
    file: str,
    *,
    rows: int,
    sha256: str,
    actor_id: int,
    action: str = "roster.export",
    reason: str = "",
) -> None:
    """Record that a list was taken away: which file, how many rows, and the digest by which a copy is recognised."""
    record(
        action,
        "activity",
        activity_id,
        actor_id=actor_id,
        activity_id=activity_id,
        reason=reason,
        changes=f"{file} rows={rows} sha256={sha256}",
    )


# -- back from a spreadsheet ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved: cells by column."""

    cells: Mapping[Edited, int]


def difference(activity: Activity, lines: Sequence[Line]) -> Difference:
    """Return what the rows of a file would do now."""
    return differ(lines, standing_of(activity, [line.sign_up_id for line in lines]), forms_of(activity))


def save(activity_id: int, lines: Sequence[Line], shown: str, *, actor_id: int) -> Saved:
    """Carry out what was shown, all of it or nothing; conflicts and rows that are none stay as they are.

    :param shown: the ``digest_of`` of the difference that was looked at.
    :raises ReturnRefused: it would not be the same any more, or one of the changes cannot be.
    """
    activity = lock(activity_id).activity
    found = difference(activity, lines)
    if digest_of(found) != shown:
        raise ReturnRefused(ReturnReason.CHANGED)
    left = dict(_review(activity_id, [change for change in found.changes if change.column == Edited.REVIEW], actor_id))
    for editable in columns_of(activity):
        wanted = {change.line.sign_up_id: change.new for change in found.changes if change.column == editable.column}
        if wanted:
            left |= editable.write(activity_id, wanted, actor_id)
    if left:
        raise ReturnRefused(ReturnReason.LEFT, left)
    cells = {column: number for column in Edited if (number := sum(1 for change in found.changes if change.column == column))}
    record(
        "roster.return",
        "activity",
        activity_id,
        actor_id=actor_id,
        activity_id=activity_id,
        changes=" ".join(f"{column.value}={number}" for column, number in cells.items()),
    )
    return Saved(cells)


def digest_of(found: Difference) -> str:
    """Return what names a difference: the same cells from and to the same words, and the same conflicts."""
    told = [
        f"{change.line.sign_up_id} {change.column.value} {change.old!r} {change.new!r} {change.line.edits.get(Edited.WORDS)!r}"
        for change in (*found.changes, *(conflict.change for conflict in found.conflicts))
    ]
    return hashlib.sha256("\n".join([str(len(found.changes)), *told]).encode()).hexdigest()


def _review(activity_id: int, changes: Sequence[Change], actor_id: int) -> Iterator[tuple[int, str]]:
    """Decide, those with the same decision and words together: one audit entry stands for all of them."""
    groups: dict[tuple[Decision, str], list[int]] = {}
    for change in changes:
        decision = decision_of(change.new)
        assert decision is not None
        words = "" if decision == Decision.APPROVE else change.line.edits.get(Edited.WORDS, ("", ""))[1]
        groups.setdefault((decision, words), []).append(change.line.sign_up_id)
    for (decision, words), ids in groups.items():
        outcome = reviews.decide(activity_id, ids, decision, words, actor_id=actor_id)
        yield from ((sign_up.id, reason) for sign_up, reason in outcome.left)
