"""All or nothing: whatever statement fails, and the commit too, the database stays exactly as it was."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from festival.lib.db import db, transaction
from festival.programme.kinds import kind_of
from festival.programme.models import Promotion, Question, Sensitivity
from festival.signups import service, sweep
from festival.signups.answers import AnswerUpload
from festival.signups.notice import notice_of
from festival.signups.service import EditRequest, Once, SignUpRequest
from tests.builders import make_activity, make_person, make_question, make_staff, pool_of
from tests.signups.engine import NOW, change, everything, fill, withdraw

#: Statements that only begin or end a transaction: they are no steps of ours.
_FRAME = ("BEGIN", "COMMIT", "ROLLBACK")


class PowerCut(Exception):  # noqa: N818
    """The fault of these tests."""


@pytest.fixture(autouse=True)
def morning(app, frozen):
    frozen(NOW)


@contextmanager
def cut_after(step: int, ran: list[str]) -> Iterator[None]:
    """Fail right after so many statements, or at the commit that follows the last one; ``ran`` collects what ran."""

    def count(_connection, _cursor, statement, _parameters, _context, _many) -> None:
        if not statement.startswith(_FRAME):
            ran.append(statement)
            if len(ran) == step:
                raise PowerCut

    def commit(_connection) -> None:
        if len(ran) < step:
            ran.append("COMMIT")
            if len(ran) == step:
                raise PowerCut

    sa.event.listen(db.engine, "after_cursor_execute", count)
    sa.event.listen(db.engine, "commit", commit)
    try:
        yield
    finally:
        sa.event.remove(db.engine, "after_cursor_execute", count)
        sa.event.remove(db.engine, "commit", commit)


def assert_all_or_nothing(act: Callable[[], object]) -> None:
    """Run an act again and again, with the fault one statement later each time, until it runs through."""
    before = everything()
    for step in range(1, 200):
        ran: list[str] = []
        try:
            with cut_after(step, ran), transaction():
                act()
        except PowerCut:
            assert everything() == before, f"something is left after statement {step}: {ran[-1][:200]}"
        else:
            assert everything() != before
            assert ran[-1] == "COMMIT"
            return
    pytest.fail("the act never ends")


def test_a_sign_up_with_answers_file_consents_and_key_is_written_whole_or_not_at_all(app):
    activity, person = make_activity(), make_person()
    make_question(activity, "id_number", sensitivity=Sensitivity.SENSITIVE)
    make_question(activity, "cv", type_="file")
    notice = notice_of(activity, list(db.session.scalars(sa.select(Question).order_by(Question.position))))
    asked = SignUpRequest(
        party_size=2,
        name="王芳",
        answers={"id_number": "1"},
        files={"cv": AnswerUpload("a.pdf", "application/pdf", b"a")},
        consents=frozenset({"id_number"}),
        notice_version=notice.version,
        once=Once("browser", "key"),
    )
    activity_id, person_id, kind, staff_id = activity.id, person.id, kind_of(activity), make_staff().id

    assert_all_or_nothing(lambda: service.sign_up(activity_id, person_id, asked, kind=kind, actor_id=staff_id))


def test_a_withdrawal_and_the_promotions_it_causes_stand_or_fall_together(app):
    leaving, *_ = fill(make_activity(capacity=2), 2, 1, 1, 1)
    sign_up_id = leaving.id

    assert_all_or_nothing(lambda: service.withdraw(sign_up_id))


def test_a_removal_its_reason_its_record_and_its_promotions_stand_or_fall_together(app):
    leaving, *_ = fill(make_activity(capacity=1), 1, 1)
    sign_up_id, staff_id = leaving.id, make_staff().id

    assert_all_or_nothing(lambda: service.remove(sign_up_id, "重复", actor_id=staff_id))


def test_a_smaller_party_and_the_promotion_it_allows_stand_or_fall_together(app):
    activity = make_activity(capacity=3)
    make_question(activity, "company")
    shrinking, _ = fill(activity, 3, 2)
    asked = EditRequest(1, "王芳", {"company": "x"}, {}, frozenset(), shrinking.revision)
    sign_up_id = shrinking.id

    assert_all_or_nothing(lambda: service.edit(sign_up_id, asked))


def test_a_lowered_capacity_moves_everybody_or_nobody(app):
    activity = make_activity(capacity=4)
    fill(activity, 2, 1, 1, 2)
    pool_id, staff_id = pool_of(activity).id, make_staff().id

    assert_all_or_nothing(lambda: service.set_capacity(pool_id, 2, "move", actor_id=staff_id))


def test_a_raised_capacity_serves_everybody_it_should_or_nobody(app):
    activity = make_activity(capacity=1)
    fill(activity, 1, 1, 1)
    pool_id, staff_id = pool_of(activity).id, make_staff().id

    assert_all_or_nothing(lambda: service.set_capacity(pool_id, 3, "keep", actor_id=staff_id))


def test_a_lapsed_offer_and_the_next_one_stand_or_fall_together(app, frozen):
    activity = make_activity(capacity=1)
    change(activity, promotion=Promotion.OFFER)
    leaving, *_ = fill(activity, 1, 1, 1)
    withdraw(leaving)
    frozen(NOW + timedelta(hours=12))
    activity_id = activity.id

    assert_all_or_nothing(lambda: service.sweep(activity_id))


def test_a_fault_in_the_sweep_leaves_what_it_swept_before(app):
    first, second = (make_activity(capacity=1) for _ in range(2))
    for activity in (first, second):
        fill(activity, 1, 1)
        change(pool_of(activity), capacity=2)
    before = everything()

    with cut_after(4, []):  # the third question is the last about what is due
        assert sweep.sweep_due() == 1

    after = everything()
    assert [row[:2] for row in after["message"]] != [row[:2] for row in before["message"]]
    assert sweep.sweep_due() == 1
