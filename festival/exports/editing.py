"""What a spreadsheet may change of a roster besides the review: which columns there are, what they hold, and who writes them.

Each is a column here once its own slice offers to read and to write it; that slice decides, and refuses.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from festival.exports import beside, seating
from festival.exports.returned import Edited, Form, LineProblem, Touched
from festival.programme.models import Activity


@dataclass(frozen=True, slots=True)
class Editable:
    """A column that can be filled in."""

    column: Edited
    #: Tell whether an activity has it.
    applies: Callable[[Activity], bool]
    #: Return what it holds by sign-up; who has nothing is left out.
    values: Callable[[Collection[int]], Mapping[int, str]]
    #: Return by whom and when it was changed last, by sign-up.
    touched: Callable[[Collection[int]], Mapping[int, Touched]]
    #: Write new values by sign-up, inside ``transaction()``; returns why not, in words, for those that cannot be.
    write: Callable[[int, Mapping[int, str], int], Mapping[int, str]]
    form: Form
    #: Of the column in the file, in characters.
    width: int


#: Every column but the review, in the order of the file.
EDITABLE: tuple[Editable, ...] = (
    Editable(
        column=Edited.SEAT,
        applies=seating.has_seats,
        values=seating.labels,
        touched=seating.touched,
        write=seating.write,
        form=Form(seating.normal, LineProblem.SEAT),
        width=18,
    ),
    Editable(
        column=Edited.TAGS,
        applies=lambda _activity: True,
        values=beside.tags_of,
        touched=beside.tags_touched,
        write=beside.write_tags,
        form=Form(beside.normal_tags, LineProblem.TAG),
        width=18,
    ),
    Editable(
        column=Edited.NOTE,
        applies=lambda _activity: True,
        values=beside.notes_of,
        touched=beside.notes_touched,
        write=beside.write_notes,
        form=Form(str, LineProblem.LONG),
        width=30,
    ),
)


def columns_of(activity: Activity) -> Sequence[Editable]:
    """Return the columns that an activity has."""
    return [one for one in EDITABLE if one.applies(activity)]
