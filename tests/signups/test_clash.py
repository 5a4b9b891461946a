"""Two things at once: overlaps, and ways too long for the gap."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from festival.lib import clock
from festival.signups.rules import Clash, Stop, clash, travel_minutes

NINE = datetime(2023, 6, 17, 9, tzinfo=clock.ZONE)
HALL, FAIR = (39.08757, 117.19806), (39.0622, 117.2560)  # some 5.7 km apart


def stop(starts, lasts, venue=1, point=HALL):
    return Stop(NINE + timedelta(minutes=starts), NINE + timedelta(minutes=starts + lasts), venue, point)


def test_what_follows_at_the_same_place_can_be_kept():
    assert clash(stop(0, 60), stop(60, 60)) is None


def test_an_overlap_is_counted_in_minutes():
    assert clash(stop(0, 90), stop(60, 90)) == Clash(overlap_minutes=30, travel_minutes=0, gap_minutes=0)
    assert clash(stop(0, 300), stop(60, 30)) == Clash(overlap_minutes=30, travel_minutes=0, gap_minutes=0)


def test_a_gap_shorter_than_the_way_is_told():
    assert clash(stop(0, 60), stop(80, 60, 2, FAIR)) == Clash(overlap_minutes=0, travel_minutes=45, gap_minutes=20)
    assert clash(stop(0, 60), stop(105, 60, 2, FAIR)) is None


def test_an_unknown_point_or_the_same_venue_takes_no_time():
    assert [travel_minutes(stop(0, 1), other) for other in (stop(0, 1, 2, None), stop(0, 1, 1, FAIR), stop(0, 1, 2))] == [0] * 3


points = st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180))
stops = st.builds(stop, st.integers(0, 600), st.integers(1, 600), st.integers(1, 3), points)


@given(stops, stops)
def test_it_does_not_matter_which_of_two_is_named_first(one, other):
    assert clash(one, other) == clash(other, one)


@given(stops, stops)
def test_two_that_share_a_moment_always_clash(one, other):
    shares = one.starts_at < other.ends_at and other.starts_at < one.ends_at
    found = clash(one, other)
    assert (found is not None and found.overlap_minutes > 0) == shares
