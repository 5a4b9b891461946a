"""Invitations made, used, given back, taken back, forgotten; and two people who want the same one."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from festival.accounts import personal
from festival.accounts import service as accounts
from festival.audit.models import AuditEntry
from festival.invitations import queries, service
from festival.invitations.rules import InvitationReason, InvitationRefused
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.errors import NotFound
from festival.programme.kinds import kind_of
from festival.signups import service as signups
from festival.signups.models import Invitation, SignUp
from festival.signups.rules import Reason, SignUpRefused, State
from festival.signups.service import AlreadySignedUp, SignUpRequest
from tests.builders import make_activity, make_person, make_staff, pool_of
from tests.invitations.guests import come, make_forum
from tests.signups.engine import change, counters, faults, withdraw
from tests.signups.test_deadlocks import at_once


@pytest.fixture
def forum(app):
    return make_forum()


def invite(activity, pool, names, expires_at=None) -> list[Invitation]:
    with transaction():
        return service.invite(activity.id, pool.id, names, expires_at, actor_id=make_staff().id)


def code_for(activity, pool, uses, expires_at=None) -> Invitation:
    with transaction():
        return service.make_code(activity.id, pool.id, "媒体", uses, expires_at, actor_id=make_staff().id)


def standing(activity) -> list[tuple[str, int, int, str | None]]:
    """Return label, uses, most uses and end of each invitation, oldest first."""
    db.session.rollback()
    rows = reversed(queries.every(activity.id, clock.now()))
    return [(row.invitation.label, row.invited.uses, row.invited.uses_max, row.end) for row in rows]


def recorded(activity) -> list[tuple[str, str]]:
    entries = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.activity_id == activity.id).order_by(AuditEntry.id))
    return [(one.action, one.changes) for one in entries]


def knock(activity, pool, code: str) -> None:
    """Try to sign up for a pool with a code."""
    asked, person_id, kind = SignUpRequest(pool_id=pool.id, invitation=code), make_person().id, kind_of(activity)
    with transaction():
        signups.sign_up(activity.id, person_id, asked, kind=kind)


def refused(act) -> Reason:
    with pytest.raises(SignUpRefused) as caught:
        act()
    return caught.value.reason


def test_a_list_makes_one_link_for_each_new_name_and_one_entry_in_the_log(app, forum):
    activity, pool = forum
    invite(activity, pool, "李晨\n王宁")

    seen = service.preview(activity.id, pool.id, "李 晨\n张伟\n张伟\n坏\t行")
    made = invite(activity, pool, "李 晨\n张伟\n张伟\n坏\t行")

    assert [len(one) for one in (seen.new, seen.repeated, seen.known, seen.bad)] == [1, 1, 1, 1]
    assert [(one.label, len(one.code), one.uses_max) for one in made] == [("张伟", 26, 1)]
    assert standing(activity) == [("李晨", 0, 1, None), ("王宁", 0, 1, None), ("张伟", 0, 1, None)]
    assert recorded(activity) == [("invitation.make", "links:2"), ("invitation.make", "links:1")]


def test_nothing_is_made_for_other_pools_for_the_past_or_for_nobody_new(app, forum):
    activity, pool = forum
    invite(activity, pool, "李晨")
    elsewhere = pool_of(make_activity())
    past = clock.now() - timedelta(seconds=1)
    tries = [
        (lambda: invite(activity, pool_of(activity), "王宁"), InvitationReason.UNKNOWN_POOL),
        (lambda: invite(activity, elsewhere, "王宁"), InvitationReason.UNKNOWN_POOL),
        (lambda: service.preview(activity.id, elsewhere.id, "王宁"), InvitationReason.UNKNOWN_POOL),
        (lambda: code_for(activity, elsewhere, 3), InvitationReason.UNKNOWN_POOL),
        (lambda: code_for(activity, pool, 3, past), InvitationReason.EXPIRES_IN_PAST),
        (lambda: invite(activity, pool, "王宁", past), InvitationReason.EXPIRES_IN_PAST),
        (lambda: invite(activity, pool, "李晨\n\n"), InvitationReason.NOTHING_NEW),
    ]

    reasons = []
    for act, _reason in tries:
        with pytest.raises(InvitationRefused) as caught:
            act()
        reasons.append(caught.value.reason)

    assert reasons == [reason for _act, reason in tries]
    assert standing(activity) == [("李晨", 0, 1, None)]


def test_a_link_lets_one_person_in_and_a_withdrawal_gives_it_back(app, forum):
    activity, pool = forum
    (link,) = invite(activity, pool, "李晨")
    person = make_person()

    made = come(link, person)

    assert (made.state, made.pool_id, made.invitation_id) == (State.CONFIRMED, pool.id, link.id)
    assert refused(lambda: come(link)) == Reason.INVITATION_ENDED
    with pytest.raises(AlreadySignedUp):
        come(link, person)
    assert standing(activity) == [("李晨", 1, 1, "used_up")]

    withdraw(made)
    again = come(link, person)

    assert (again.state, counters(pool), faults(activity)) == (State.CONFIRMED, (1, 0), [])
    assert standing(activity) == [("李晨", 1, 1, "used_up")]


def test_a_code_lets_as_many_in_as_it_says_and_the_full_pool_makes_them_wait(app):
    activity, pool = make_forum(capacity=2)
    media = code_for(activity, pool, 3)

    made = [come(media) for _ in range(3)]

    assert [one.state for one in made] == [State.CONFIRMED, State.CONFIRMED, State.WAITLISTED]
    assert refused(lambda: come(media)) == Reason.INVITATION_ENDED
    assert (standing(activity), recorded(activity)) == ([("媒体", 3, 3, "used_up")], [("invitation.make_code", "uses:3")])


def test_what_was_taken_back_or_has_expired_lets_nobody_in_and_takes_nothing_from_who_came(app, forum, frozen):
    activity, pool = forum
    soon = clock.now() + timedelta(hours=1)
    media, link = code_for(activity, pool, 3), invite(activity, pool, "李晨", soon)[0]
    came = come(media)
    actor = make_staff().id

    for _ in range(2):
        with transaction():
            service.revoke(activity.id, media.id, actor_id=actor)
    with pytest.raises(NotFound), transaction():
        service.revoke(make_activity().id, link.id, actor_id=actor)
    frozen(soon)

    assert [refused(lambda one=one: come(one)) for one in (media, link)] == [Reason.INVITATION_ENDED] * 2
    assert standing(activity) == [("媒体", 1, 3, "revoked"), ("李晨", 0, 1, "expired")]
    assert db.session.get_one(SignUp, came.id).state == State.CONFIRMED
    assert [action for action, _changes in recorded(activity)].count("invitation.revoke") == 1
    assert [one.label for one in invite(activity, pool, "李晨")] == ["李晨"]


def test_an_invitation_opens_its_own_pool_only_and_none_that_was_merged_away(app):
    activity, pool = make_forum(pools=3)
    other = make_activity(slug="other")
    (link,) = invite(activity, pool, "李晨")
    change(pool_of(activity, 2), access=pool.access)
    change(pool_of(other), access=pool.access)
    tries = [
        (activity, pool, "a" * 26),
        (activity, pool, ""),
        (activity, pool_of(activity, 2), link.code),
        (other, pool_of(other), link.code),
    ]

    assert [refused(lambda tried=tried: knock(*tried)) for tried in tries] == [Reason.INVITATION_ONLY] * 4

    change(pool, is_closed=True)
    assert standing(activity) == [("李晨", 0, 1, "revoked")]


def test_of_equal_lists_saved_at_once_one_makes_the_links(app, forum):
    activity, pool = forum
    activity_id, pool_id, actor_id = activity.id, pool.id, make_staff().id
    names = "\n".join(f"客人{number}" for number in range(50))

    ends = at_once(app, *[lambda: service.invite(activity_id, pool_id, names, None, actor_id=actor_id)] * 4)

    assert sorted(ends) == ["InvitationRefused"] * 3 + ["done"]
    assert len(standing(activity)) == 50


def test_of_two_people_with_the_same_link_at_once_exactly_one_gets_in(app, forum):
    activity, pool = forum
    (link,) = invite(activity, pool, "李晨")
    asked = SignUpRequest(pool_id=pool.id, invitation=link.code.upper())
    people, kind, activity_id = [make_person().id for _ in range(6)], kind_of(activity), activity.id
    db.session.rollback()

    ends = at_once(app, *[partial(signups.sign_up, activity_id, person_id, asked, kind=kind) for person_id in people])

    assert sorted(ends) == ["SignUpRefused"] * 5 + ["done"]
    assert (standing(activity), counters(pool), faults(activity)) == ([("李晨", 1, 1, "used_up")], (1, 0), [])


def test_a_name_is_shown_to_who_used_the_link_and_forgotten_with_them(app, forum):
    activity, pool = forum
    links, media = invite(activity, pool, "李晨\n王宁"), code_for(activity, pool, 2)
    lee, wang = make_person(), make_person()
    come(links[0], lee)
    come(links[1], wang)
    come(media)

    shown = personal.export(lee.id)["invitation"]
    with transaction():
        accounts.erase(lee)

    assert [(row["id"], row["label"], "created_by_id" in row) for row in shown] == [(links[0].id, "李晨", False)]
    assert standing(activity) == [("", 0, 1, None), ("王宁", 1, 1, "used_up"), ("媒体", 1, 2, None)]


def test_names_are_forgotten_thirty_days_after_the_end_and_what_was_used_still_counts(app, forum):
    activity, pool = forum
    links = invite(activity, pool, "李晨\n王宁")
    come(links[0])
    ends_at = activity.ends_at

    with transaction():
        early = service.forget_names(ends_at + timedelta(days=30))
    with transaction():
        due = service.forget_names(ends_at + timedelta(days=30, seconds=1))

    assert (early, due) == (0, 2)
    assert standing(activity) == [("", 1, 1, "used_up"), ("", 0, 1, None)]
