"""The writer: exact bytes, folding, escaping, and what other people's readers make of them."""

import re
import unicodedata
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import ics
import pytest
import vobject
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from festival.calendars.ics import Entry, Head, Place, colour_name, write_calendar, write_entry
from festival.calendars.rules import Audience, Standing, appearance
from festival.lib.text import clean, clean_line
from festival.signups.rules import State
from tests.calendars.programme import at, event, lines

ENTRY = Entry(
    uid="6a4e0e9f-4f0e-4a41-8a5e-1f2d3c4b5a60",
    sequence=3,
    created_at=at("2023-05-20 09:00"),
    updated_at=datetime(2023, 6, 1, 2, 3, 4, 999999, tzinfo=UTC),
    starts_at=datetime(2023, 6, 18, 15, 30, tzinfo=UTC),
    ends_at=datetime(2023, 6, 18, 17, tzinfo=UTC),
    summary="河西人才高峰论坛",
    description="名家论道\n\n详情 / Details: https://festival.example/activities/forum",
    place=Place("天津大礼堂", "天津市河西区友谊路", 39.08757, 117.19806),
    appearance=appearance(Audience.PUBLIC, Standing.SCHEDULED),
    categories=("高峰论坛", "Forum"),
    url="https://festival.example/activities/forum",
    contact="区委人才办 022-2327 0000",
)
HEAD = Head(
    name="首届河西人才节",
    description="全部公开活动",
    refresh=timedelta(hours=1),
    source="https://festival.example/cal/programme.ics",
    url="https://festival.example/",
    colour="#B3261E",
)

FEED = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Hexi Talent Festival//Calendar 1.0//ZH
CALSCALE:GREGORIAN
DESCRIPTION:全部公开活动
X-WR-CALDESC:全部公开活动
NAME:首届河西人才节
X-WR-CALNAME:首届河西人才节
COLOR:firebrick
LAST-MODIFIED:20230601T020304Z
REFRESH-INTERVAL;VALUE=DURATION:PT1H
SOURCE;VALUE=URI:https://festival.example/cal/programme.ics
URL:https://festival.example/
X-APPLE-CALENDAR-COLOR:#B3261E
X-PUBLISHED-TTL:PT1H
X-WR-TIMEZONE:Asia/Shanghai
BEGIN:VTIMEZONE
TZID:Asia/Shanghai
BEGIN:STANDARD
DTSTART:19700101T000000
TZNAME:CST
TZOFFSETFROM:+0800
TZOFFSETTO:+0800
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
SUMMARY:河西人才高峰论坛
DTSTART;TZID=Asia/Shanghai:20230618T233000
DTEND;TZID=Asia/Shanghai:20230619T010000
DTSTAMP:20230601T020304Z
UID:6a4e0e9f-4f0e-4a41-8a5e-1f2d3c4b5a60
SEQUENCE:3
CATEGORIES:高峰论坛,Forum
CONTACT:区委人才办 022-2327 0000
CREATED:20230520T010000Z
DESCRIPTION:名家论道\\n\\n详情 / Details: https://festival.example/acti
 vities/forum
GEO:39.08757;117.19806
LAST-MODIFIED:20230601T020304Z
LOCATION:天津大礼堂\\, 天津市河西区友谊路
STATUS:CONFIRMED
TRANSP:TRANSPARENT
URL:https://festival.example/activities/forum
X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS="天津市河西区友谊
 路";X-APPLE-RADIUS=100;X-TITLE="天津大礼堂":geo:39.08757,117.19806
X-MICROSOFT-CDO-BUSYSTATUS:FREE
END:VEVENT
END:VCALENDAR
"""

AWKWARD = [
    '逗号, 分号; 反斜杠\\ 引号" 冒号: 竖线|',
    "\\n is not a line break, \\\\n neither, \\; nor this",
    "两行\n标题\r\n三行",
    "人才节🎉👨‍👩‍👧🏳️‍🌈",
    "河西" * 100,
    "字\x00符\x0b控\x1f制\x7f字\x85符\ufeff",
    "行\u2028段\u2029",
    "^n ^^ ^'",
    "BEGIN:VEVENT\nUID:forged\nEND:VEVENT",
    "a" * 75 + "," * 75,
    "e\u0301",  # NFC makes it one character
]
#: Any text a row may hold, the awkward characters often.
texts = st.text(
    st.one_of(
        st.sampled_from(list(",;\\\"'^:\n\r\t|人才节🎉👨\u200d\u2028\u2029\x00\x0b\ufeff ")),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=250,
)


def whole(entry: Entry) -> str:
    return write_calendar(HEAD, [write_entry(entry)], entry.updated_at).decode()


def everywhere(text: str) -> Entry:
    """Return an entry with a text in every field that people write."""
    return replace(
        ENTRY,
        summary=text,
        description=text,
        place=Place(text, text, 39.08757, 117.19806),
        categories=(text, text),
        contact=text,
        alarm=text,
        is_private=True,
    )


# -- exact bytes ------------------------------------------------------------------------------------------------------------


def test_a_feed_is_written_exactly_so():
    assert whole(ENTRY) == FEED.replace("\n", "\r\n")


def test_a_file_to_import_has_no_name_of_its_own():
    assert lines(write_calendar(None, [write_entry(ENTRY)]).decode())[:5] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Hexi Talent Festival//Calendar 1.0//ZH",
        "CALSCALE:GREGORIAN",
        "BEGIN:VTIMEZONE",
    ]


def test_a_feed_without_events_is_still_a_calendar():
    empty = write_calendar(HEAD, [], None).decode()

    assert lines(empty)[-2:] == ["END:VTIMEZONE", "END:VCALENDAR"]
    assert "LAST-MODIFIED" not in empty
    assert Calendar.from_ical(empty).events == []


def test_the_same_values_make_the_same_bytes():
    assert whole(ENTRY) == whole(replace(ENTRY))


def test_a_private_entry_rings_as_often_as_asked_each_time_under_a_uid_of_its_own():
    private = replace(ENTRY, appearance=appearance(Audience.PRIVATE, Standing.SCHEDULED, State.CONFIRMED), is_private=True)
    ringing = replace(private, alarm="河西人才高峰论坛", alarms=(timedelta(days=1), timedelta(hours=1)))
    alarm = lines(whole(ringing))[-14:]

    uids = [line for line in alarm if line.startswith("UID:")]
    assert len({*uids, f"UID:{ENTRY.uid}"}) == 3
    assert alarm == [
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:河西人才高峰论坛",
        "TRIGGER:-P1D",
        uids[0],
        "END:VALARM",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:河西人才高峰论坛",
        "TRIGGER:-PT1H",
        uids[1],
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    assert event(whole(private))["CLASS"] == "PRIVATE"
    assert "VALARM" not in whole(private)


def test_what_is_empty_is_left_out():
    bare = event(whole(replace(ENTRY, description="", contact="", place=Place("", ""))))

    assert bare.keys().isdisjoint({"DESCRIPTION", "CONTACT", "LOCATION", "GEO"})


@pytest.mark.parametrize("instant", ["created_at", "updated_at", "starts_at", "ends_at"])
def test_an_instant_without_a_zone_is_a_bug(instant):
    naive: dict[str, Any] = {instant: datetime(2023, 6, 18, 14)}  # noqa: DTZ001

    with pytest.raises(AssertionError):
        write_entry(replace(ENTRY, **naive))


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ("#B3261E", "firebrick"),
        ("#1F5FBF", "royalblue"),
        ("#0A7280", "teal"),
        ("#FF6347", "tomato"),
        ("#663399", "darkslateblue"),
    ],
)
def test_a_colour_becomes_the_nearest_name_of_css3(colour, name):
    assert colour_name(colour) == name


# -- folding and escaping -----------------------------------------------------------------------------------------------------


def cases(test):
    """Run a property on every awkward text, then on whatever hypothesis finds."""
    for text in AWKWARD:
        test = example(text)(test)
    return given(texts)(test)


@cases
def test_no_line_is_longer_than_75_octets_and_no_character_is_split(text):
    raw = write_calendar(HEAD, [write_entry(everywhere(text))], ENTRY.updated_at)

    for line in raw.removesuffix(b"\r\n").split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # a split sequence would not decode
    assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", raw.replace(b"\r\n", b""))
    assert all(mark not in raw.decode() for mark in "\ufeff\u2028\u2029\x85")


@cases
def test_no_text_can_add_a_line_of_its_own(text):
    names = Counter(line.split(":")[0].split(";")[0] for line in lines(whole(everywhere(text))))
    plain = Counter(line.split(":")[0].split(";")[0] for line in lines(whole(everywhere("x"))))

    assert names <= plain
    assert names == plain or not clean_line(text)  # an empty text leaves its lines out


@cases
def test_another_reader_finds_the_same_words(text):
    told = vobject.readOne(whole(everywhere(text))).vevent
    line, long = clean_line(text), clean(text)

    assert getattr(told, "summary", None) is None if not line else told.summary.value == line
    assert getattr(told, "description", None) is None if not long else told.description.value == long
    assert getattr(told, "location", None) is None if not line else told.location.value == f"{line}, {line}"
    assert unicodedata.is_normalized("NFC", line)


@pytest.mark.parametrize("text", [text for text in AWKWARD if "\\n" not in text])  # ics.py takes an escaped backslash for a break
def test_a_third_reader_finds_the_same_words(text):
    (told,) = ics.Calendar(whole(everywhere(text))).events

    assert (told.name, told.description, told.location) == (
        clean_line(text),
        clean(text),
        f"{clean_line(text)}, {clean_line(text)}",
    )
