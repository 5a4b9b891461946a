"""The triggers that keep and guard the counters of places. One module, called by migrations.

``pool.taken`` and ``pool.waiting`` count persons per pool, ``slot.heads`` persons per session against the approved ceiling.
Each trigger on ``sign_up`` applies one net change per row; a second trigger on the counter refuses only *growth* beyond the
limit, so that lowering a capacity and confirming one's own offer stay legal.

SQLite drops a table's triggers when a batch migration rebuilds it: a migration that rebuilds ``sign_up``, ``pool`` or ``slot``
calls ``drop(op)`` first and ``create(op)`` after. A house test fires each trigger on the migrated schema.
"""

from typing import Any

COUNTED = "('confirmed', 'attended', 'no_show', 'offered')"
#: Staff and speakers (counted = false) stand on the ceiling's line only.
_TAKEN = "CASE WHEN {r}.counted AND {r}.state IN " + COUNTED + " THEN {r}.party_size ELSE 0 END"
_WAITING = "CASE WHEN {r}.state = 'waitlisted' THEN {r}.party_size ELSE 0 END"
_HEADS = "CASE WHEN {r}.state IN " + COUNTED + " THEN {r}.party_size ELSE 0 END"

POOL_FULL = "pool_taken_within_capacity"
CEILING = "slot_heads_within_ceiling"

_SQLITE = {
    "sign_up_places_insert": f"""
        CREATE TRIGGER sign_up_places_insert AFTER INSERT ON sign_up BEGIN
          UPDATE pool SET taken = taken + ({_TAKEN.format(r="NEW")}), waiting = waiting + ({_WAITING.format(r="NEW")})
            WHERE id = NEW.pool_id;
          UPDATE slot SET heads = heads + ({_HEADS.format(r="NEW")}) WHERE id = NEW.session_id AND ({_HEADS.format(r="NEW")}) <> 0;
        END""",
    "sign_up_places_delete": f"""
        CREATE TRIGGER sign_up_places_delete AFTER DELETE ON sign_up BEGIN
          UPDATE pool SET taken = taken - ({_TAKEN.format(r="OLD")}), waiting = waiting - ({_WAITING.format(r="OLD")})
            WHERE id = OLD.pool_id;
          UPDATE slot SET heads = heads - ({_HEADS.format(r="OLD")}) WHERE id = OLD.session_id AND ({_HEADS.format(r="OLD")}) <> 0;
        END""",
    "sign_up_places_update": f"""
        CREATE TRIGGER sign_up_places_update AFTER UPDATE OF state, party_size, counted, pool_id, session_id ON sign_up BEGIN
          UPDATE pool SET taken = taken - ({_TAKEN.format(r="OLD")}), waiting = waiting - ({_WAITING.format(r="OLD")})
            WHERE id = OLD.pool_id AND OLD.pool_id <> NEW.pool_id;
          UPDATE pool SET taken = taken + ({_TAKEN.format(r="NEW")})
              - (CASE WHEN OLD.pool_id = NEW.pool_id THEN {_TAKEN.format(r="OLD")} ELSE 0 END),
            waiting = waiting + ({_WAITING.format(r="NEW")})
              - (CASE WHEN OLD.pool_id = NEW.pool_id THEN {_WAITING.format(r="OLD")} ELSE 0 END)
            WHERE id = NEW.pool_id;
          UPDATE slot SET heads = heads - ({_HEADS.format(r="OLD")})
            WHERE id = OLD.session_id AND OLD.session_id <> NEW.session_id;
          UPDATE slot SET heads = heads + ({_HEADS.format(r="NEW")})
              - (CASE WHEN OLD.session_id = NEW.session_id THEN {_HEADS.format(r="OLD")} ELSE 0 END)
            WHERE id = NEW.session_id;
        END""",
    "pool_guard": f"""
        CREATE TRIGGER pool_guard BEFORE UPDATE OF taken ON pool
        WHEN NEW.taken > OLD.taken AND NEW.capacity IS NOT NULL AND NEW.taken > NEW.capacity
        BEGIN SELECT RAISE(ABORT, '{POOL_FULL}'); END""",
    "slot_guard": f"""
        CREATE TRIGGER slot_guard BEFORE UPDATE OF heads ON slot
        WHEN NEW.heads > OLD.heads AND NEW.approved_ceiling IS NOT NULL AND NEW.heads > NEW.approved_ceiling
        BEGIN SELECT RAISE(ABORT, '{CEILING}'); END""",
}

_POSTGRESQL = {
    "sign_up_places": f"""
        CREATE FUNCTION sign_up_places() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP IN ('UPDATE', 'DELETE') AND (TG_OP = 'DELETE' OR OLD.pool_id <> NEW.pool_id) THEN
            UPDATE pool SET taken = taken - ({_TAKEN.format(r="OLD")}), waiting = waiting - ({_WAITING.format(r="OLD")})
              WHERE id = OLD.pool_id;
          END IF;
          IF TG_OP IN ('UPDATE', 'DELETE') AND (TG_OP = 'DELETE' OR OLD.session_id <> NEW.session_id) THEN
            UPDATE slot SET heads = heads - ({_HEADS.format(r="OLD")}) WHERE id = OLD.session_id AND ({_HEADS.format(r="OLD")}) <> 0;
          END IF;
          IF TG_OP = 'INSERT' THEN
            UPDATE pool SET taken = taken + ({_TAKEN.format(r="NEW")}), waiting = waiting + ({_WAITING.format(r="NEW")})
              WHERE id = NEW.pool_id AND (({_TAKEN.format(r="NEW")}) <> 0 OR ({_WAITING.format(r="NEW")}) <> 0);
            UPDATE slot SET heads = heads + ({_HEADS.format(r="NEW")}) WHERE id = NEW.session_id AND ({_HEADS.format(r="NEW")}) <> 0;
          ELSIF TG_OP = 'UPDATE' THEN
            UPDATE pool SET taken = taken + ({_TAKEN.format(r="NEW")})
                - (CASE WHEN OLD.pool_id = NEW.pool_id THEN {_TAKEN.format(r="OLD")} ELSE 0 END),
              waiting = waiting + ({_WAITING.format(r="NEW")})
                - (CASE WHEN OLD.pool_id = NEW.pool_id THEN {_WAITING.format(r="OLD")} ELSE 0 END)
              WHERE id = NEW.pool_id;
            UPDATE slot SET heads = heads + ({_HEADS.format(r="NEW")})
                - (CASE WHEN OLD.session_id = NEW.session_id THEN {_HEADS.format(r="OLD")} ELSE 0 END)
              WHERE id = NEW.session_id;
          END IF;
          RETURN NULL;
        END $$""",
    "sign_up_places_change": """
        CREATE TRIGGER sign_up_places_change AFTER INSERT OR DELETE OR UPDATE OF state, party_size, counted, pool_id, session_id
        ON sign_up FOR EACH ROW EXECUTE FUNCTION sign_up_places()""",
    "pool_guard_fn": f"""
        CREATE FUNCTION pool_guard() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.taken > OLD.taken AND NEW.capacity IS NOT NULL AND NEW.taken > NEW.capacity THEN
            RAISE EXCEPTION '{POOL_FULL}' USING ERRCODE = 'check_violation', CONSTRAINT = '{POOL_FULL}';
          END IF;
          RETURN NEW;
        END $$""",
    "pool_guard": "CREATE TRIGGER pool_guard BEFORE UPDATE OF taken ON pool FOR EACH ROW EXECUTE FUNCTION pool_guard()",
    "slot_guard_fn": f"""
        CREATE FUNCTION slot_guard() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.heads > OLD.heads AND NEW.approved_ceiling IS NOT NULL AND NEW.heads > NEW.approved_ceiling THEN
            RAISE EXCEPTION '{CEILING}' USING ERRCODE = 'check_violation', CONSTRAINT = '{CEILING}';
          END IF;
          RETURN NEW;
        END $$""",
    "slot_guard": "CREATE TRIGGER slot_guard BEFORE UPDATE OF heads ON slot FOR EACH ROW EXECUTE FUNCTION slot_guard()",
}


def create(op: Any) -> None:
    """Create the triggers on a schema that has none of them."""
    statements = _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE
    for statement in statements.values():
        op.execute(statement)


def drop(op: Any) -> None:
    """Drop the triggers, where they exist."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER IF EXISTS sign_up_places_change ON sign_up")
        op.execute("DROP TRIGGER IF EXISTS pool_guard ON pool")
        op.execute("DROP TRIGGER IF EXISTS slot_guard ON slot")
        for function in ("sign_up_places", "pool_guard", "slot_guard"):
            op.execute(f"DROP FUNCTION IF EXISTS {function}()")
        return
    for name in _SQLITE:
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
