"""The bugs: what is changed where, and which test must see it."""

from dataclasses import dataclass

SERVICE, WAITLIST, RULES = (f"festival/signups/{name}.py" for name in ("service", "waitlist", "rules"))
NEWCOMER, DB, LOCKING = "festival/signups/newcomer.py", "festival/lib/db.py", "festival/programme/locking.py"
FAIRNESS, LENDING, MOVING = (f"festival/signups/{name}.py" for name in ("fairness", "lending", "moving"))
PLANS_POOLS, SHAPES, MERGED = "festival/plans/pools.py", "tests/signups/test_shapes.py", "tests/plans/test_pools.py"
RELEASING, RELEASED = "festival/signups/releasing.py", "tests/checkin/test_release.py"
CHECK_IN, DOOR = "festival/checkin/service.py", "tests/checkin/test_service.py"
SIGN_UP, LIST, STORMS = (f"tests/signups/test_{name}.py" for name in ("service_sign_up", "waitlist", "storms"))

CHOOSING, DAY, SECRET = "festival/kinds/mixer/choosing.py", "tests/kinds/mixer/test_day.py", "tests/kinds/mixer/test_secret.py"


@dataclass(frozen=True)
class Bug:
    """One planted bug. ``edits``: exact text, found once, and what takes its place; ``dialect``: where it can be seen."""

    name: str
    file: str
    edits: tuple[tuple[str, str], ...]
    test: str
    dialect: str = "sqlite"


def _bug(name: str, file: str, old: str, new: str, test: str, dialect: str = "sqlite") -> Bug:
    return Bug(name, file, ((old, new),), test, dialect)


_RUSH = f"{STORMS}::test_a_rush_fills_exactly_the_capacity_and_the_rest_waits_in_the_order_they_came"

BUGS = (
    # -- locks and transactions --
    _bug(
        "the locked row is given as it was seen before",
        LOCKING,
        "    .execution_options(populate_existing=True)\n",
        "",
        "tests/lib/test_db.py::test_a_lock_gives_back_the_row_as_it_is_and_not_as_it_was_seen_inside_the_block",
        "postgresql",
    ),
    _bug(
        "no lock on the activity",
        LOCKING,
        '== bindparam("activity_id")).with_for_update(key_share=True))',
        '== bindparam("activity_id")))',
        _RUSH,
        "postgresql",
    ),
    _bug(
        "no lock on the activity where somebody else moves places",
        LOCKING,
        "    .with_for_update(key_share=True, of=Activity)\n",
        "",
        "tests/signups/test_deadlocks.py::test_two_activities_locked_in_opposite_order_end_in_a_not_now_for_one_and_never_in_an_error",
        "postgresql",
    ),
    _bug(
        "counted from a snapshot older than the lock",
        DB,
        '"isolation_level": "READ COMMITTED"',
        '"isolation_level": "REPEATABLE READ"',
        _RUSH,
        "postgresql",
    ),
    Bug(
        "read before the lock and trusted after it",
        SERVICE,
        (
            (
                "db.session.execute(select(SignUp.activity_id, SignUp.person_id).where(SignUp.id == sign_up_id)).one_or_none()",
                "db.session.get(SignUp, sign_up_id)",
            ),
            (
                "return db.session.get_one(SignUp, sign_up_id, populate_existing=True), locked",
                "return row, locked",
            ),
        ),
        "tests/signups/test_deadlocks.py::test_a_second_press_of_withdraw_that_waited_for_the_first_gives_nothing_back_again",
        "postgresql",
    ),
    _bug(
        "a deferred BEGIN for writers",
        DB,
        '"BEGIN IMMEDIATE" if writes else "BEGIN"',
        '"BEGIN"',
        "tests/lib/test_db.py::test_a_writer_holds_sqlite_from_its_first_statement_and_a_reader_does_not",
    ),
    _bug(
        "no queue in front of SQLite's writers",
        DB,
        "        fair.acquire()\n    session.info",
        "        fair = None\n    session.info",
        "tests/lib/test_db.py::test_another_process_that_holds_the_turn_is_waited_for_no_longer_than_that",
    ),
    _bug(
        "the message is committed before the rest",
        "festival/outbox/service.py",
        "    db.session.add(message)\n    return message",
        "    db.session.add(message)\n    db.session.commit()\n    return message",
        "tests/signups/test_atomic.py::test_a_withdrawal_and_the_promotions_it_causes_stand_or_fall_together",
    ),
    # -- who may come in --
    _bug(
        "a newcomer overtakes the list",
        RULES,
        "fits_pool = places.has_room_for(party_size) and ",
        "fits_pool = places.has_room_for(party_size) or False and ",
        f"{SIGN_UP}::test_a_newcomer_joins_the_list_even_if_a_place_is_free_while_somebody_waits",
    ),
    _bug(
        "a party counts as one person",
        RULES,
        " is None or party_size <= self.",
        " is None or 1 <= self.",
        f"{SIGN_UP}::test_a_party_takes_its_place_whole_or_waits_whole",
    ),
    _bug(
        "the approved ceiling is ignored",
        RULES,
        "return self.limit is None or self.heads + party_size <= self.limit",
        "return True",
        f"{SIGN_UP}::test_the_approved_ceiling_holds_over_all_pools_companions_included",
    ),
    _bug(
        "the opening instant is still closed",
        RULES,
        "now < self.opens_at",
        "now <= self.opens_at",
        f"{SIGN_UP}::test_sign_up_is_possible_from_the_opening_instant_to_just_before_the_closing_instant",
    ),
    _bug(
        "the closing instant is still open",
        RULES,
        "now >= self.closes_at",
        "now > self.closes_at",
        f"{SIGN_UP}::test_sign_up_is_possible_from_the_opening_instant_to_just_before_the_closing_instant",
    ),
    _bug(
        "one person signs up twice",
        NEWCOMER,
        'SignUp.claim == bindparam("claim")',
        'SignUp.claim + "." == bindparam("claim")',
        f"{SIGN_UP}::test_a_second_sign_up_finds_the_first_one",
    ),
    _bug(
        "the index on claims is not unique",
        "migrations/versions/0004_sign_ups.py",
        '        ["person_id", "claim"],\n        unique=True,',
        '        ["person_id", "claim"],\n        unique=False,',
        "tests/house/test_schema.py::test_models_equal_the_migrated_schema",
    ),
    _bug(
        "the slot of another activity is taken",
        SERVICE,
        "slots = [slot for slot in activity.slots if slot.pools]",
        "slots = list(db.session.scalars(select(Slot)))",
        f"{SIGN_UP}::test_slots_and_pools_of_another_activity_find_nothing",
    ),
    _bug(
        "the version of the notice is not looked at",
        SERVICE,
        "if notice.version != asked.notice_version:",
        "if not asked.notice_version:",
        f"{SIGN_UP}::test_a_notice_that_changed_since_it_was_shown_must_be_shown_again",
    ),
    _bug(
        "what an activity is made of is kept though it changed",
        SERVICE,
        "while situation is None or situation.facts.version != known.version:",
        "while situation is None:",
        "tests/signups/test_structure.py::test_an_activity_that_was_cancelled_since_takes_nobody_though_this_process_knew_it_open",
    ),
    _bug(
        "a form is judged by questions that are no longer asked",
        SERVICE,
        "asked.structure == known.version and",
        "",
        "tests/signups/test_structure.py::test_a_form_in_order_by_what_was_asked_before_is_judged_by_what_is_asked_now",
    ),
    _bug(
        "a changed question gives no other version",
        "migrations/version_triggers.py",
        '    "question": "SELECT {r}.activity_id",\n',
        "",
        "tests/house/test_versions.py::test_every_change_of_what_an_activity_is_made_of_gives_it_another_version",
    ),
    # -- the same form twice --
    _bug(
        "the form's key is ignored",
        SERVICE,
        "before = _repeated(situation.facts)",
        "before = None",
        f"{SIGN_UP}::test_the_same_form_of_the_same_browser_gives_the_same_sign_up",
    ),
    _bug(
        "the form's key is good in any browser",
        NEWCOMER,
        'IdempotentAnswer.browser == bindparam("browser")',
        'bindparam("browser") == bindparam("browser")',
        f"{SIGN_UP}::test_a_key_says_nothing_in_another_browser",
    ),
    _bug(
        "a form filled in from an older state is saved",
        SERVICE,
        "if sign_up.revision != asked.revision:",
        "if sign_up.revision < asked.revision:",
        "tests/signups/test_service_edit.py::test_a_form_filled_from_an_older_state_is_told_and_changes_nothing",
    ),
    # -- the list --
    _bug(
        "a withdrawal does not serve the list",
        SERVICE,
        "if before in COUNTED or before == State.WAITLISTED:",
        "if before == State.WAITLISTED:",
        f"{LIST}::test_withdrawing_promotes_the_heads_of_the_list_in_the_same_transaction",
    ),
    _bug(
        "leaving the list frees a place",
        "migrations/place_triggers.py",
        "COUNTED = \"('confirmed', 'attended', 'no_show', 'offered')\"",
        "COUNTED = \"('confirmed', 'attended', 'no_show', 'offered', 'waitlisted')\"",
        f"{LIST}::test_leaving_the_list_frees_nothing_but_lets_smaller_parties_behind_pass",
    ),
    _bug(
        "each promotion is told twice",
        WAITLIST,
        '    owe(kind, "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=activity.id)\n',
        '    owe(kind, "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=activity.id)\n' * 2,
        f"{LIST}::test_each_promotion_is_one_ledger_line_and_one_message",
    ),
    _bug(
        "a promotion has no line in the ledger",
        WAITLIST,
        "    flush(sign_up.activity_id)\n    db.session.add(\n",
        '    flush(sign_up.activity_id)\n    what == "promoted" or db.session.add(\n',
        f"{LIST}::test_each_promotion_is_one_ledger_line_and_one_message",
    ),
    _bug(
        "the promotion cutoff is ignored",
        WAITLIST,
        "now < cutoff(activity, slot) and _is_on(slot)",
        "_is_on(slot)",
        f"{LIST}::test_nobody_is_promoted_from_the_cutoff_on",
    ),
    _bug(
        "overdue offers stand in a newcomer's way",
        SERVICE,
        "    if situation.facts.is_due:\n",
        "    if situation.facts.is_due and False:\n",
        f"{LIST}::test_an_overdue_offer_lapses_before_anything_is_decided_for_a_newcomer",
    ),
    _bug(
        "one's own offer is in one's own way",
        SERVICE,
        "    if sign_up.state != State.OFFERED:\n",
        "    if sign_up.state != State.OFFERED or not queries.places(sign_up.pool_id).has_room_for(sign_up.party_size):\n",
        f"{LIST}::test_an_offer_is_taken_by_its_owner_though_the_pool_is_full",
    ),
    _bug(
        "an offer runs at night",
        RULES,
        "WAKING = (time(8), time(22))",
        "WAKING = (time(0), time(23, 59))",
        "tests/signups/test_rules.py::test_an_offers_deadline_by_example",
    ),
    _bug(
        "offers go round for ever",
        WAITLIST,
        "sign_up.offers < 2",
        "sign_up.offers < 9",
        f"{LIST}::test_a_lapsed_offer_goes_to_the_end_of_the_list_once_and_then_out",
    ),
    _bug(
        "a lowered capacity takes places away",
        SERVICE,
        'if too_many and over == "move" else []',
        "if too_many else []",
        "tests/signups/test_capacity.py::test_a_capacity_lowered_below_the_confirmed_takes_nobodys_place",
    ),
    # -- draws and reviews --
    _bug(
        "the order of a draw is the order of the numbers",
        "festival/draws/rules.py",
        "return hmac.new(seed.encode(), entry_no.encode(), hashlib.sha256).hexdigest()",
        "return entry_no",
        "tests/draws/test_rules.py::test_the_order_is_the_hexadecimal_hmac_of_each_number_under_the_seed_pools_apart",
    ),
    _bug(
        "pools are drawn together",
        "festival/draws/rules.py",
        "order.setdefault(entry.pool, [])",
        'order.setdefault("all", [])',
        "tests/draws/test_rules.py::test_the_order_is_the_hexadecimal_hmac_of_each_number_under_the_seed_pools_apart",
    ),
    _bug(
        "reviewers decide on themselves",
        "festival/reviews/service.py",
        "    if contact and db.session.scalar(",
        "    if not contact and db.session.scalar(",
        "tests/reviews/test_service.py::test_nobody_reviews_their_own_sign_up",
    ),
    # -- shapes, moves, fairness, plans --
    _bug(
        "a larger number of absences is forgiven",
        FAIRNESS,
        "return self.no_shows >= NO_SHOWS_MAX",
        "return self.no_shows > NO_SHOWS_MAX",
        "tests/signups/test_fairness.py::test_two_absences_send_the_next_sign_up_behind_everybody_until_sign_up_has_closed",
    ),
    _bug(
        "an excuse changes nothing",
        FAIRNESS,
        "        SignUp.excused_at.is_(None),\n",
        "",
        "tests/signups/test_fairness.py::test_an_excuse_gives_the_turn_back_and_serves_the_list_at_once",
    ),
    _bug(
        "quotas get further apart than they may",
        RULES,
        "<= self.tolerance for pool_id in growth)",
        "<= self.tolerance + 1 for pool_id in growth)",
        f"{SHAPES}::test_a_quota_waits_while_it_is_ahead_by_the_tolerance_and_moves_up_with_the_other",
    ),
    _bug(
        "lent places stay in the reserve as well",
        LENDING,
        "    source.capacity -= places\n",
        "",
        f"{SHAPES}::test_the_reserve_lends_to_whichever_pool_runs_out_first_and_the_sum_stays",
    ),
    _bug(
        "lent places never go back",
        WAITLIST,
        "is_returned = lends and ",
        "is_returned = False and ",
        f"{SHAPES}::test_lent_places_go_to_the_pools_own_list_first_then_back_to_the_reserve",
    ),
    _bug(
        "a batch of places comes again and again",
        LENDING,
        "        batch.released_at = now\n",
        "",
        f"{SHAPES}::test_a_batch_comes_by_the_sweep_when_nobody_acts_and_only_once",
    ),
    _bug(
        "who moves to a full pool loses the place",
        MOVING,
        "return Reason.FULL if sign_up.state == State.CONFIRMED else ",
        "return ",
        "tests/signups/test_moving.py::test_whoever_finds_no_room_or_a_list_keeps_the_place",
    ),
    _bug(
        "what a move leaves goes to nobody",
        MOVING,
        '    return waitlist.serve(activity, now, why=f"released_by:{sign_up.id}")',
        "    return []",
        "tests/signups/test_moving.py::test_a_party_moves_to_a_free_pool_and_the_list_gets_what_it_leaves",
    ),
    _bug(
        "a merge doubles what was lent",
        PLANS_POOLS,
        "target.borrowed + source.borrowed, 0",
        "target.borrowed, source.borrowed",
        f"{MERGED}::test_what_a_merged_pool_was_lent_and_what_it_was_to_get_later_come_to_the_one_that_goes_on",
    ),
    _bug(
        "a merge puts who loses a place behind those who never had one",
        PLANS_POOLS,
        "        sign_up.priority = first - 1\n",
        "        sign_up.priority = first + 1\n",
        f"{MERGED}::test_who_loses_a_place_stands_before_those_who_never_had_one",
    ),
    # -- the door --
    _bug(
        "a scan that is sent twice counts twice",
        CHECK_IN,
        "    if before := scans.scan_of(asked.nonce):\n",
        "    if (before := scans.scan_of(asked.nonce)) and asked.claimed:\n",
        f"{DOOR}::test_a_scan_sent_twice_is_one_scan_and_answered_as_the_first",
    ),
    _bug(
        "two gates decide at once",
        CHECK_IN,
        "    lock_activity(activity_id)\n    now = database_now()\n    if before := scans.scan_of(asked.nonce):\n",
        "    now = database_now()\n    if before := scans.scan_of(asked.nonce):\n",
        f"{DOOR}::test_two_gates_that_scan_one_code_at_once_let_in_one",
        "postgresql",
    ),
    _bug(
        "who goes out and comes back counts again",
        "festival/checkin/rules.py",
        "newcomers = max(0, party.inside + persons - party.arrived)",
        "newcomers = persons",
        f"{DOOR}::test_a_party_comes_in_parts_goes_out_and_comes_back_and_is_counted_once",
    ),
    _bug(
        "a place is released though its holder has come meanwhile",
        RELEASING,
        "    if len(gone) != seen:\n",
        "    if False:\n",
        f"{RELEASED}::test_nothing_is_released_where_somebody_came_since_the_preview_or_it_is_not_the_time",
    ),
    _bug(
        "who came late stands before those who waited",
        RELEASING,
        "    waitlist.go_to_the_end(sign_up, now)\n",
        "",
        f"{RELEASED}::test_places_of_those_who_have_not_come_go_to_those_of_the_list_who_stand_there_in_order",
    ),
    # -- the last line, and the pages --
    _bug(
        "the guard of the database lets a pool grow beyond its capacity",
        "migrations/place_triggers.py",
        "WHEN NEW.taken > OLD.taken AND NEW.capacity IS NOT NULL AND NEW.taken > NEW.capacity\n        BEGIN",
        "WHEN NEW.taken > OLD.taken AND NEW.capacity IS NOT NULL AND NEW.taken > NEW.capacity + 1\n        BEGIN",
        "tests/house/test_triggers.py::test_the_guard_of_a_pool_refuses_growth_beyond_its_capacity",
    ),
    Bug(
        "a page outlives the commit that changed it",
        "festival/lib/alike.py",
        (
            ("if kept is not None and state is not None and kept.state != state:", "if False and kept is not None:"),
            ("\n        if kept is None or state is None or kept.state != state:", "\n        if kept is None:"),
        ),
        "tests/lib/test_alike.py::test_a_page_is_built_once_for_all_readers_and_again_after_any_commit",
    ),
    # -- the mutual choice --
    _bug(
        "a choice is judged by the time before the lock",
        CHOOSING,
        "    activity = lock_activity(activity_id)\n    now, times = database_now(), queries.times(activity)\n    if times",
        "    now = database_now()\n    activity = lock_activity(activity_id)\n    times = queries.times(activity)\n    if times",
        f"{DAY}::test_the_window_is_judged_to_the_second_after_the_lock",
        "postgresql",
    ),
    _bug(
        "tags are stored as the phones send them",
        CHOOSING,
        'hmac.digest(secret, row.tag, "sha256")',
        "row.tag",
        f"{SECRET}::test_not_even_one_of_the_two_phones_finds_in_the_tables_who_chose_its_owner",
    ),
    _bug(
        "the contact of a choice is sealed once only",
        CHOOSING,
        "seal(row.sealed, _place(guest.id))",
        "row.sealed",
        f"{SECRET}::test_not_even_one_of_the_two_phones_finds_in_the_tables_who_chose_its_owner",
    ),
    _bug(
        "choices that were not returned are kept",
        CHOOSING,
        "    db.session.execute(delete(Choice).where(Choice.guest_id.in_([guest.id for guest in everybody])))\n",
        "",
        f"{SECRET}::test_a_second_copy_shows_that_minds_changed_and_once_the_window_has_closed_nothing_one_sided_is_left",
    ),
)
