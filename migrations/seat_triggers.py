"""The trigger that frees seats with the place they belong to. One module, called by migrations.

A sign-up that is no longer confirmed (withdrawn, removed, back on the list, expired), a party that shrinks, and a move to another
slot or pool free the seats in the same statement, whichever page, job or command caused it. Seats stay on a move between pools of
one slot while they are kept for nobody, or for the pool the party comes to.

SQLite drops a table's triggers when a batch migration rebuilds it: a migration that rebuilds ``sign_up`` calls ``drop(op)`` first
and ``create(op)`` after, as with ``place_triggers``. A house test fires the trigger on the migrated schema.
"""

from typing import Any

#: States in which a seat is kept: whoever did not come has had it.
_SEATED = "('confirmed', 'attended', 'no_show')"
_FREE = f"""
    DELETE FROM seat_given WHERE sign_up_id = NEW.id AND (
      NEW.state NOT IN {_SEATED}
      OR nth > NEW.party_size
      OR NEW.slot_id <> OLD.slot_id
      OR (NEW.pool_id <> OLD.pool_id AND seat_id IN (
            SELECT seat.id FROM seat JOIN seat_map ON seat_map.id = seat.map_id
            WHERE seat_map.slot_id = OLD.slot_id AND (seat_map.pool_id = OLD.pool_id OR seat.pool_id = OLD.pool_id))));
"""
_SQLITE = {
    "sign_up_seats": f"""
        CREATE TRIGGER sign_up_seats AFTER UPDATE OF state, party_size, slot_id, pool_id ON sign_up
        WHEN NEW.state <> OLD.state OR NEW.party_size < OLD.party_size OR NEW.slot_id <> OLD.slot_id OR NEW.pool_id <> OLD.pool_id
        BEGIN {_FREE} END""",
}
_POSTGRESQL = {
    "sign_up_seats_fn": f"""
        CREATE FUNCTION sign_up_seats() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          {_FREE}
          RETURN NULL;
        END $$""",
    "sign_up_seats": """
        CREATE TRIGGER sign_up_seats AFTER UPDATE OF state, party_size, slot_id, pool_id ON sign_up FOR EACH ROW
        WHEN (NEW.state <> OLD.state OR NEW.party_size < OLD.party_size OR NEW.slot_id <> OLD.slot_id OR NEW.pool_id <> OLD.pool_id)
        EXECUTE FUNCTION sign_up_seats()""",
}


def create(op: Any) -> None:
    """Create the trigger on a schema that has it not."""
    statements = _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE
    for statement in statements.values():
        op.execute(statement)


def drop(op: Any) -> None:
    """Drop the trigger, where it exists."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER IF EXISTS sign_up_seats ON sign_up")
        op.execute("DROP FUNCTION IF EXISTS sign_up_seats()")
        return
    op.execute("DROP TRIGGER IF EXISTS sign_up_seats")
