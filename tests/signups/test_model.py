"""The engine against a simple model: any sequence of what people, organizers and time do to an activity.

``tests/signups/model`` is the model: ``facts`` (what there is), ``places`` (who has room, who is next), ``acts`` and ``plans``
(what one can do); ``walk`` draws an activity and what happens to it, ``pair`` tells the engine and the model the same. The model
knows no database, no lock and none of our rules' code. After each step both must say the same of everybody, and the books must
balance.

``WALKS=600 .venv/bin/python -m pytest --database sqlite tests/signups/test_model.py`` walks further than every run does;
``SEED=123`` walks one walk again.
"""

import os
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from festival.lib import clock
from tests.signups.model.pair import Pair
from tests.signups.model.walk import some_acts, some_setting

WALKS = int(os.environ.get("WALKS", "30"))
SEED = os.environ.get("SEED")
SEEDS = st.just(int(SEED)) if SEED else st.integers(0, 2**32 - 1)


@pytest.mark.slow
@settings(max_examples=WALKS, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(seed=SEEDS)
def test_any_sequence_of_acts_leads_where_a_simple_model_says(app, seed):
    """Each example is a walk of its own: drawn act by act, the walks would be copies of one another with a step changed."""
    chance = Random(seed)
    setting, acts = some_setting(chance), some_acts(chance)
    note(f"{setting}\n" + "\n".join(map(str, acts)))
    try:
        pair = Pair(setting)
        for act in acts:
            pair.do(act)
        pair.finish()
    finally:
        clock.freeze(None)
