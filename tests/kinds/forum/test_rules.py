"""What an agenda may be, what changed in it, and who stayed: plain values."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from festival.kinds.forum.forms import read_number
from festival.kinds.forum.rules import (
    ChangeKind,
    ClashKind,
    ForumReason,
    Passage,
    Planned,
    SessionType,
    changes,
    clashes,
    displaced,
    hours_refusal,
    stay,
)
from festival.lib import clock

TALK = Planned("talk", 1, 0, 60, SessionType.KEYNOTE, 1, (7,), "报告", "Talk")
BEGIN = datetime(2023, 6, 20, 9, 0, tzinfo=clock.ZONE)
END = BEGIN + timedelta(hours=8)


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (replace(TALK, key="b", starts=60, ends=90), []),  # one begins as the other ends
        (replace(TALK, key="b", starts=59, ends=90, speaker_ids=()), [(ClashKind.ROOM, 1)]),
        (replace(TALK, key="b", starts=59, ends=90, room_id=2), [(ClashKind.SPEAKER, 7)]),
        (replace(TALK, key="b", room_id=2, speaker_ids=(7, 8)), [(ClashKind.SPEAKER, 7)]),
        (replace(TALK, key="b"), [(ClashKind.ROOM, 1), (ClashKind.SPEAKER, 7)]),
        (replace(TALK, key="b", day_id=2), []),
        (replace(TALK, key="b", starts=400, ends=481), [(ClashKind.OUTSIDE, 0)]),
    ],
)
def test_a_room_or_a_speaker_in_two_places_and_an_item_after_the_end_are_found(other, found):
    assert [(clash.kind, clash.about) for clash in clashes([other, TALK], {1: 480, 2: 480})] == found


def test_what_changed_is_said_item_by_item_and_only_a_new_time_place_or_end_displaces_anybody():
    second, gone = replace(TALK, key="second", starts=60, ends=90, seats=5), replace(TALK, key="gone")
    moved = replace(TALK, starts=30, ends=90, room_id=2)
    words = replace(second, title_zh="新题", seats=8, speaker_ids=())

    found = changes([TALK, second, gone], [moved, words, replace(TALK, key="new", starts=200, ends=230)])

    assert [(one.key, one.kind) for one in found] == [
        ("talk", ChangeKind.MOVED),
        ("talk", ChangeKind.ROOM),
        ("second", ChangeKind.SPEAKERS),
        ("second", ChangeKind.TITLE),
        ("second", ChangeKind.SEATS),
        ("new", ChangeKind.ADDED),
        ("gone", ChangeKind.REMOVED),
    ]
    assert displaced(found) == {"talk", "gone"}
    assert changes([TALK], [TALK]) == []


@pytest.mark.parametrize(
    ("went", "minutes", "reason"),
    [
        ([], 0, ForumReason.NOT_SEEN),
        ([(-30, 1)], 0, ForumReason.NOT_LEFT),  # let in, and never scanned out: nobody knows how long they stayed
        ([(-30, 1), (480, 0)], 480, None),  # before the beginning and after the end nothing counts
        ([(0, 1), (180, 0), (270, 1), (490, 0)], 390, None),  # out for lunch: 390 of 480 minutes are 81 %
        ([(0, 1), (180, 0), (277, 1), (480, 0)], 383, ForumReason.TOO_SHORT),  # 79.8 %
        ([(0, 1), (384, 0)], 384, None),  # exactly 80 %
        ([(10, 1), (20, 0)], 10, ForumReason.TOO_SHORT),
    ],
)
def test_the_scans_of_the_door_say_who_stayed_long_enough(went, minutes, reason):
    stayed = stay([Passage(BEGIN + timedelta(minutes=at), inside) for at, inside in went], BEGIN, END)

    assert (stayed.minutes, hours_refusal(stayed, 480, 80)) == (minutes, reason)


@pytest.mark.parametrize(
    "typed", ["HX23-ABCD-EFGH-JKMN", "hx23abcdefghjkmn", " ＨＸ２３－abcd efgh－jkmn ", "HX23—ABCD—EFGH—JKMN"]
)
def test_a_number_is_read_however_it_was_copied(typed):
    assert read_number(typed) == "HX23-ABCD-EFGH-JKMN"
