"""Rows for tests, made inside an app context: dull defaults, so that a test names only what matters to it."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import select

from festival.accounts.models import Account, AccountKind, Address, RoleGrant
from festival.accounts.rules import Channel, Role
from festival.lib import clock, tokens
from festival.lib.db import db, transaction
from festival.programme.models import (
    Access,
    Activity,
    ActivityStatus,
    Festival,
    Mode,
    Pool,
    Question,
    QuestionOption,
    Sensitivity,
    Slot,
    Track,
    Venue,
)
from festival.signups.models import SignUp
from festival.signups.rules import State

_numbers = count(1)


def _next() -> int:
    return next(_numbers)


def make_festival() -> Festival:
    """Return the one festival of the test, made at its first use."""
    with transaction():
        festival = db.session.scalar(select(Festival))
        if festival is None:
            at = clock.wall()
            today = clock.local_day(clock.now())
            festival = Festival(
                slug="festival",
                edition=1,
                title_zh="首届河西人才节",
                title_en="The 1st Hexi Talent Festival",
                theme_zh="才聚河西 筑梦未来",
                theme_en="Talent gathers in Hexi",
                host_zh="主办方",
                host_en="Host",
                organiser_zh="承办方",
                organiser_en="Organiser",
                starts_on=today - timedelta(days=3),
                ends_on=today + timedelta(days=20),
                is_demo=True,
                created_at=at,
                updated_at=at,
            )
            db.session.add(festival)
            db.session.flush()
            db.session.add(
                Track(festival_id=festival.id, key="forum", position=1, title_zh="高峰论坛", title_en="Forum", colour="#1F5FBF"),
            )
            db.session.add(
                Venue(
                    festival_id=festival.id,
                    key="hall",
                    name_zh="天津大礼堂",
                    name_en="Great Hall",
                    address_zh="天津市河西区友谊路",
                    address_en="Youyi Road, Hexi",
                    lat=39.08757,
                    lon=117.19806,
                    updated_at=at,
                ),
            )
    return festival


def make_activity(
    *,
    slug: str | None = None,
    capacity: int | None = 10,
    mode: Mode = Mode.OPEN,
    kind: str = "press",
    status: ActivityStatus = ActivityStatus.PUBLISHED,
    starts_in: timedelta = timedelta(days=5),
    lasts: timedelta = timedelta(hours=2),
    opens_in: timedelta | None = timedelta(days=-2),
    closes_in: timedelta | None = timedelta(days=4),
    party_max: int = 5,
    waitlist_limit: int | None = None,
    approved_ceiling: int | None = None,
    pools: int = 1,
    title_zh: str = "测试活动",
    title_en: str = "Test activity",
) -> Activity:
    """Return a published activity with one slot and one pool (or more, each of that capacity), open for sign-up.

    :param capacity: persons per pool; None unlimited.
    :param starts_in: from now; likewise ``opens_in`` and ``closes_in`` (None: not limited on that side).
    """
    festival = make_festival()
    now = clock.now().replace(microsecond=0)
    at = clock.wall().replace(microsecond=0)
    number = _next()
    with transaction():
        track = db.session.scalars(select(Track)).first()
        venue = db.session.scalars(select(Venue)).first()
        assert track is not None
        assert venue is not None
        activity = Activity(
            festival_id=festival.id,
            track_id=track.id,
            venue_id=venue.id,
            slug=slug or f"activity-{number}",
            kind=kind,
            mode=mode,
            status=status,
            position=number,
            title_zh=title_zh,
            title_en=title_en,
            short_title_zh=title_zh[:10],
            short_title_en=title_en,
            starts_at=now + starts_in,
            ends_at=now + starts_in + lasts,
            opens_at=None if opens_in is None else now + opens_in,
            closes_at=None if closes_in is None else now + closes_in,
            party_max=party_max,
            waitlist_limit=waitlist_limit,
            created_at=at,
            updated_at=at,
        )
        db.session.add(activity)
        db.session.flush()
        slot = Slot(
            activity_id=activity.id,
            key="main",
            uid=str(uuid.uuid4()),
            starts_at=activity.starts_at,
            ends_at=activity.ends_at,
            approved_ceiling=approved_ceiling,
            created_at=at,
            updated_at=at,
        )
        db.session.add(slot)
        db.session.flush()
        access = Access(mode.value) if mode != Mode.TICKET else Access.OPEN
        for index in range(pools):
            db.session.add(
                Pool(
                    slot_id=slot.id,
                    key=f"pool-{index + 1}",
                    position=index + 1,
                    label_zh=f"{index + 1}区",
                    label_en=f"Zone {index + 1}",
                    capacity=capacity,
                    access=access,
                ),
            )
    db.session.refresh(activity)
    return activity


def make_question(  # a builder names whatever a test may care about
    activity: Activity,
    key: str,
    *,
    type_: str = "text",
    required: bool = True,
    sensitivity: Sensitivity = Sensitivity.PERSONAL,
    label_zh: str | None = None,
    label_en: str | None = None,
    minimum: int | None = None,
    maximum: int | None = None,
    options: Mapping[str, str] | None = None,
    consent_with: str | None = None,
    text: str = "",
) -> Question:
    """Return a question added to an activity.

    :param options: label by key, in both languages the same.
    :param text: the words of a pledge.
    """
    with transaction():
        question = Question(
            activity_id=activity.id,
            key=key,
            position=_next(),
            type=type_,
            is_required=required,
            sensitivity=sensitivity,
            label_zh=label_zh or f"问题{key}",
            label_en=label_en or f"Question {key}",
            purpose_zh="测试",
            purpose_en="For the test",
            minimum=minimum,
            maximum=maximum,
            consent_with=consent_with,
            text_zh=text,
            text_en=text,
            retain_days=30,
        )
        db.session.add(question)
        question.options = [
            QuestionOption(key=key, position=position, label_zh=label, label_en=label)
            for position, (key, label) in enumerate((options or {}).items(), start=1)
        ]
    return question


def pool_of(activity: Activity, index: int = 0) -> Pool:
    """Return a pool of the activity's first slot."""
    slot = db.session.scalars(select(Slot).where(Slot.activity_id == activity.id).order_by(Slot.id)).first()
    assert slot is not None
    return db.session.scalars(select(Pool).where(Pool.slot_id == slot.id).order_by(Pool.position)).all()[index]


def make_person(*, name: str = "", mobile: str | None = None, locale: str = "zh") -> Account:
    """Return an attendee with a verified mobile number."""
    number = _next()
    at = clock.wall()
    with transaction():
        account = Account(kind=AccountKind.PERSON, name=name or f"测试{number}", locale=locale, created_at=at)
        db.session.add(account)
        db.session.flush()
        db.session.add(
            Address(
                account_id=account.id,
                channel=Channel.MOBILE,
                value=mobile or f"139{number:08d}",
                verified_at=at,
            ),
        )
    return account


def make_staff(role: Role = Role.ADMINISTRATOR, *, activity: Activity | None = None, name: str | None = None) -> Account:
    """Return a staff member with one role, for the festival or for one activity."""
    number = _next()
    with transaction():
        account = Account(
            kind=AccountKind.STAFF,
            staff_name=name or f"{role.value}-{number}",
            name=f"工作人员{number}",
            created_at=clock.wall(),
        )
        db.session.add(account)
        db.session.flush()
        db.session.add(RoleGrant(account_id=account.id, role=role.value, activity_id=activity.id if activity else None))
    return account


def _free_digits() -> str:
    """Return six digits that no sign-up has: of some hundred rows in one test, two would be alike some day."""
    while True:
        digits = tokens.new_digits()
        if db.session.scalar(select(SignUp.id).where(SignUp.digits == digits)) is None:
            return digits


def make_sign_up(
    activity: Activity,
    *,
    person: Account | None = None,
    party_size: int = 1,
    state: State = State.CONFIRMED,
    pool: Pool | None = None,
    name: str = "",
    joined_at: datetime | None = None,
    offered_until: datetime | None = None,
) -> SignUp:
    """Return a sign-up written straight into the table (the triggers still count it)."""
    person = person or make_person()
    pool = pool or pool_of(activity)
    at = joined_at or clock.now() + timedelta(microseconds=_next())
    with transaction():
        slot = db.session.get_one(Slot, pool.slot_id)
        made = SignUp(
            activity_id=activity.id,
            slot_id=slot.id,
            session_id=slot.parent_id or slot.id,
            pool_id=pool.id,
            person_id=person.id,
            claim=f"activity:{activity.id}",
            code=tokens.new_code(),
            digits=_free_digits(),
            party_size=party_size,
            state=state,
            name=name or person.name,
            joined_at=at,
            signed_up_at=at,
            state_at=at,
            offered_until=offered_until,
            updated_at=at,
        )
        db.session.add(made)
    return made
