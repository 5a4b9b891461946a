"""The page that draws the states of a sign-up is what the rules say."""

from itertools import product

from festival.signups import diagram
from festival.signups.rules import FIRST, TRANSITIONS, Ceiling, Places, State, Waitlists, Way, first_state


def test_the_drawn_states_are_those_of_the_rules():
    assert diagram.FILE.read_text(encoding="utf-8") == diagram.page(), "make states draws them anew"


def test_a_sign_up_begins_where_the_drawing_says():
    begun = {
        first_state(way, Places(capacity, 0, waiting), Ceiling(None, 0), Waitlists(None, 0, None, 0), 1)
        for way, capacity, waiting in product(Way, (1, None), (0, 1))
    }

    assert {state for state in begun if isinstance(state, State)} == set(FIRST)


def test_every_state_can_be_reached_and_every_way_leads_to_a_state():
    reached = set(FIRST)
    while further := {after for state in reached for after in TRANSITIONS[state]} - reached:
        reached |= further

    assert (reached, set(TRANSITIONS)) == (set(State), set(State))
