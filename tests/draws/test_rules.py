"""The order of a draw, as anybody can compute it."""

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from festival.draws.rules import Entry, drawn_order, entrants_digest, entrants_text

_entries = st.lists(
    st.builds(
        Entry,
        pool=st.sampled_from(["f", "m"]),
        entry_no=st.integers(0, 10**10 - 1).map(lambda number: f"{number:010d}"),
        party_size=st.integers(1, 5),
    ),
    unique_by=lambda entry: entry.entry_no,
    max_size=40,
)


def test_the_order_is_the_hexadecimal_hmac_of_each_number_under_the_seed_pools_apart() -> None:
    hat = [Entry("f", "0000000001", 1), Entry("m", "0000000002", 1), Entry("f", "0000000003", 2), Entry("m", "0000000004", 1)]

    order = drawn_order(hat, "3 7 1 9 4")

    def mark(number: str) -> str:
        return hmac.new(b"3 7 1 9 4", number.encode(), hashlib.sha256).hexdigest()

    assert order == {
        "f": sorted(["0000000001", "0000000003"], key=mark),
        "m": sorted(["0000000002", "0000000004"], key=mark),
    }


@given(hat=_entries, seed=st.text(min_size=1, max_size=20), shuffled=st.randoms())
def test_the_order_does_not_depend_on_how_the_entrants_are_listed(
    hat: list[Entry], seed: str, shuffled
) -> None:  # hypothesis' random
    again = list(hat)
    shuffled.shuffle(again)

    assert drawn_order(again, seed) == drawn_order(hat, seed)
    assert entrants_text(again) == entrants_text(hat)


@given(hat=_entries, seed=st.text(min_size=1, max_size=20))
def test_every_entry_is_drawn_exactly_once(hat: list[Entry], seed: str) -> None:
    drawn = [(pool, number) for pool, numbers in drawn_order(hat, seed).items() for number in numbers]

    assert sorted(drawn) == sorted((entry.pool, entry.entry_no) for entry in hat)


def test_the_published_list_holds_pool_number_and_persons_and_its_hash_is_of_exactly_these_bytes() -> None:
    text = entrants_text([Entry("m", "0000000009", 1), Entry("f", "0000000003", 2)])

    assert text == "f 0000000003 2\nm 0000000009 1\n"
    assert entrants_digest(text) == hashlib.sha256(b"f 0000000003 2\nm 0000000009 1\n").hexdigest()
