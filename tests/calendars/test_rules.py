"""What becomes of a time in a calendar, and who reads it."""

from datetime import UTC, datetime, timedelta

import pytest

from festival.calendars.rules import (
    HOPING,
    Appearance,
    Audience,
    Busy,
    Client,
    Standing,
    Status,
    Times,
    appearance,
    client_of,
    is_wechat,
    later,
    rings,
    standing,
    state_at,
    tombstone_until,
)
from festival.signups.rules import State

START = datetime(2023, 6, 18, 6, tzinfo=UTC)
TIMES = Times(START, START + timedelta(hours=2))
FREE = Appearance(Status.CONFIRMED, is_opaque=False, busy=Busy.FREE)
BUSY = Appearance(Status.CONFIRMED, is_opaque=True, busy=Busy.BUSY)
GONE = Appearance(Status.CANCELLED, is_opaque=False, busy=Busy.FREE)
MAYBE = Appearance(Status.TENTATIVE, is_opaque=False, busy=Busy.TENTATIVE)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (("published", "scheduled"), Standing.SCHEDULED),
        (("published", "postponed"), Standing.POSTPONED),
        (("postponed", "scheduled"), Standing.POSTPONED),
        (("published", "scheduled", "cancelled"), Standing.CANCELLED),
        (("cancelled", "postponed"), Standing.CANCELLED),
    ],
)
def test_the_gravest_status_of_slot_session_and_activity_holds(statuses, expected):
    assert standing(statuses, TIMES) == expected


def test_a_time_that_was_moved_is_rescheduled_until_it_is_postponed():
    moved = Times(START, TIMES.ends_at, previous_starts_at=START - timedelta(days=1))

    assert standing(["published", "scheduled"], moved) == Standing.RESCHEDULED
    assert standing(["postponed", "scheduled"], moved) == Standing.POSTPONED


def test_a_time_moved_back_to_where_it_was_is_not_rescheduled():
    assert standing(["published"], Times(START, TIMES.ends_at, previous_starts_at=START)) == Standing.SCHEDULED


def test_a_cancelled_time_stays_seven_days_after_its_end():
    assert tombstone_until(TIMES) == START + timedelta(hours=2, days=7)


@pytest.mark.parametrize("audience", Audience)
def test_what_is_cancelled_blocks_nobody(audience):
    assert appearance(audience, Standing.CANCELLED, State.CONFIRMED) == GONE


@pytest.mark.parametrize("stands", [Standing.SCHEDULED, Standing.RESCHEDULED])
def test_an_offer_is_free_a_download_and_a_held_place_are_busy(stands):
    assert appearance(Audience.PUBLIC, stands) == FREE
    assert appearance(Audience.DOWNLOAD, stands) == BUSY
    assert appearance(Audience.PRIVATE, stands, State.CONFIRMED) == BUSY
    assert appearance(Audience.PRIVATE, stands, State.ATTENDED) == BUSY


def test_what_is_postponed_is_tentative_and_never_blocks():
    assert appearance(Audience.PUBLIC, Standing.POSTPONED) == Appearance(Status.TENTATIVE, is_opaque=False, busy=Busy.FREE)
    assert appearance(Audience.DOWNLOAD, Standing.POSTPONED) == MAYBE
    assert appearance(Audience.PRIVATE, Standing.POSTPONED, State.CONFIRMED) == MAYBE


@pytest.mark.parametrize("state", sorted(HOPING))
def test_a_sign_up_without_a_place_is_tentative(state):
    assert appearance(Audience.PRIVATE, Standing.SCHEDULED, state) == MAYBE


def test_only_a_held_place_at_a_time_that_holds_rings():
    ringing = {(stands, state) for stands in Standing for state in State if rings(stands, state)}

    assert ringing == {
        (Standing.SCHEDULED, State.CONFIRMED),
        (Standing.SCHEDULED, State.ATTENDED),
        (Standing.RESCHEDULED, State.CONFIRMED),
        (Standing.RESCHEDULED, State.ATTENDED),
    }


def test_an_offer_past_its_deadline_waits_like_the_list():
    assert state_at(State.OFFERED, START, START - timedelta(seconds=1)) == State.OFFERED
    assert state_at(State.OFFERED, START, START) == State.WAITLISTED
    assert state_at(State.CONFIRMED, None, START) == State.CONFIRMED


def test_a_second_change_within_a_second_is_a_second_later():
    assert later(START.replace(microsecond=9), None) == START
    assert later(START.replace(microsecond=900), START) == START + timedelta(seconds=1)
    assert later(START - timedelta(hours=1), START) == START + timedelta(seconds=1)
    assert later(START + timedelta(hours=1), START) == START + timedelta(hours=1)


@pytest.mark.parametrize(
    ("user_agent", "client"),
    [
        ("Google-Calendar-Importer", Client.GOOGLE),
        ("iOS/16.5 (20F66) dataaccessd/1.0", Client.APPLE),
        ("macOS/13.4 (22F66) CalendarAgent/988.1", Client.APPLE),
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.16327; Pro)", Client.OUTLOOK),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0", Client.THUNDERBIRD),
        ("ICSx5/2.2 (ical4j/3.2.11 okhttp/4.11.0) Android/13", Client.ICSX5),
        ("Nextcloud Server Crawler", Client.NEXTCLOUD),
        ("HomeAssistant/2025.6 httpx", Client.HOME_ASSISTANT),
        ("vdirsyncer/0.21.0", Client.VDIRSYNCER),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/114.0 Safari/537.36", Client.BROWSER),
        ("curl/8.0", Client.OTHER),
        ("", Client.OTHER),
    ],
)
def test_a_user_agent_is_known_by_its_family(user_agent, client):
    assert client_of(user_agent) == client


def test_wechats_own_browser_is_known():
    assert is_wechat("Mozilla/5.0 (iPhone; CPU iPhone OS 16_5) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0.37")
    assert not is_wechat("Mozilla/5.0 (iPhone; CPU iPhone OS 16_5) AppleWebKit/605.1.15 Safari/604.1")
