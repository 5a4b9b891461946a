"""Whoever reveals very many people within an hour is named to the auditor."""

from datetime import UTC, datetime, timedelta

from festival.accounts.rules import Role
from festival.audit.models import AuditEntry
from festival.audit.queries import RevealFlag, reveal_flags
from festival.audit.rules import Burst, bursts
from festival.lib import clock
from festival.lib.db import db, transaction
from tests.builders import make_festival, make_staff
from tests.web import Browser

NOON = datetime(2023, 6, 18, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def after(*minutes: int) -> list[datetime]:
    return [NOON + minute * MINUTE for minute in minutes]


def reveal(actor_id: int, instants: list[datetime], action: str = "contact.reveal") -> None:
    with transaction():
        db.session.add_all(
            [AuditEntry(at=at, actor_id=actor_id, action=action, subject="sign_up", subject_id=1) for at in instants],
        )


def test_more_than_the_usual_within_any_hour_is_one_burst_from_its_first_to_its_last():
    assert bursts(after(0, 20, 40), 3) == []
    assert bursts(after(0, 20, 40, 60), 3) == []  # the first is an hour ago
    assert bursts(after(0, 20, 40, 59), 3) == [Burst(NOON, NOON + 59 * MINUTE, 4, 4)]
    assert bursts(after(0, 20, 40, 59, 61, 62, 500), 3) == [Burst(NOON, NOON + 62 * MINUTE, 6, 5)]
    assert bursts(after(0, 1, 2, 3, 90, 91, 92, 93), 3) == [
        Burst(NOON, NOON + 3 * MINUTE, 4, 4),
        Burst(NOON + 90 * MINUTE, NOON + 93 * MINUTE, 4, 4),
    ]
    assert bursts([], 0) == []


def test_flags_name_each_who_revealed_too_many_and_count_contacts_and_answers_together(app):
    many, few, other = (make_staff().id for _ in range(3))
    reveal(many, after(0, 1))
    reveal(many, after(2, 3), "answer.reveal")
    reveal(few, after(0, 1, 2))
    reveal(other, after(0, 1, 2, 3), "roster.export")
    reveal(other, after(-2000, -1999, -1998, -1997))

    assert reveal_flags(3, NOON - 60 * MINUTE) == [RevealFlag(many, Burst(NOON, NOON + 3 * MINUTE, 4, 4))]


def test_the_auditor_reads_who_it_was_and_how_often_until_the_number_that_is_usual_rises(app):
    festival = make_festival()
    curious = make_staff(Role.ORGANIZER, name="organizer-x").id
    reveal(curious, [clock.wall() - number * MINUTE for number in range(21)])
    auditor = Browser(app).sign_in(make_staff(Role.AUDITOR))

    flagged = auditor.get("/manage/audit")
    with transaction():
        db.session.merge(festival).reveals_max = 21
    settled = auditor.get("/manage/audit")

    assert [row.get_text(" ", strip=True).split()[0] for row in flagged.html.select("[data-flags] tbody tr")] == ["organizer-x"]
    assert [cell.get_text() for cell in flagged.html.select("[data-flags] tbody td.n")] == ["21", "21"]
    assert settled.html.select("[data-flags]") == []
