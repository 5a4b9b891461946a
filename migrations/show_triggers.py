"""The triggers that keep what was decided about shows append-only. Called by the migration that makes the table.

A decision goes with its slot alone, which can only be deleted while nobody ever signed up for it.
"""

from typing import Any

APPEND_ONLY = "show_decision_is_append_only"

_SQLITE = {
    "show_decision_no_update": f"""
        CREATE TRIGGER show_decision_no_update BEFORE UPDATE ON show_decision
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
    "show_decision_no_delete": f"""
        CREATE TRIGGER show_decision_no_delete BEFORE DELETE ON show_decision
        WHEN EXISTS (SELECT 1 FROM slot WHERE id = OLD.slot_id)
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
    # INSERT OR REPLACE deletes without asking the trigger above.
    "show_decision_no_replace": f"""
        CREATE TRIGGER show_decision_no_replace BEFORE INSERT ON show_decision
        WHEN EXISTS (SELECT 1 FROM show_decision WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
}
_POSTGRESQL = (
    f"""
    CREATE FUNCTION show_decision_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM slot WHERE id = OLD.slot_id) THEN
        RETURN OLD;
      END IF;
      RAISE EXCEPTION '{APPEND_ONLY}' USING ERRCODE = 'check_violation', CONSTRAINT = '{APPEND_ONLY}';
    END $$""",
    """
    CREATE TRIGGER show_decision_no_change BEFORE UPDATE OR DELETE ON show_decision
    FOR EACH ROW EXECUTE FUNCTION show_decision_append_only()""",
    """
    CREATE TRIGGER show_decision_no_truncate BEFORE TRUNCATE ON show_decision
    FOR EACH STATEMENT EXECUTE FUNCTION show_decision_append_only()""",
)


def create(op: Any) -> None:
    """Create the triggers on a table that has none of them."""
    statements = _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE.values()
    for statement in statements:
        op.execute(statement)


def drop(op: Any) -> None:
    """Drop the triggers, where they exist."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER IF EXISTS show_decision_no_change ON show_decision")
        op.execute("DROP TRIGGER IF EXISTS show_decision_no_truncate ON show_decision")
        op.execute("DROP FUNCTION IF EXISTS show_decision_append_only()")
        return
    for name in _SQLITE:
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
