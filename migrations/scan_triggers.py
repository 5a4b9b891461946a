"""The triggers that keep scans append-only. Called by the migration that makes the table, and after each rebuild of it."""

from typing import Any

APPEND_ONLY = "scan_is_append_only"

_SQLITE = {
    "scan_no_update": f"CREATE TRIGGER scan_no_update BEFORE UPDATE ON scan BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END",
    "scan_no_delete": f"CREATE TRIGGER scan_no_delete BEFORE DELETE ON scan BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END",
    # INSERT OR REPLACE deletes without asking the trigger above.
    "scan_no_replace": f"""
        CREATE TRIGGER scan_no_replace BEFORE INSERT ON scan
        WHEN EXISTS (SELECT 1 FROM scan WHERE id = NEW.id OR nonce = NEW.nonce)
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}: nonce'); END""",
}
_POSTGRESQL = (
    f"""
    CREATE FUNCTION scan_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '{APPEND_ONLY}' USING ERRCODE = 'check_violation', CONSTRAINT = '{APPEND_ONLY}';
    END $$""",
    "CREATE TRIGGER scan_no_change BEFORE UPDATE OR DELETE ON scan FOR EACH ROW EXECUTE FUNCTION scan_append_only()",
    "CREATE TRIGGER scan_no_truncate BEFORE TRUNCATE ON scan FOR EACH STATEMENT EXECUTE FUNCTION scan_append_only()",
)


def create(op: Any) -> None:
    """Create the triggers on a table that has none of them."""
    statements = _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE.values()
    for statement in statements:
        op.execute(statement)


def drop(op: Any) -> None:
    """Drop the triggers, where they exist."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER IF EXISTS scan_no_change ON scan")
        op.execute("DROP TRIGGER IF EXISTS scan_no_truncate ON scan")
        op.execute("DROP FUNCTION IF EXISTS scan_append_only()")
        return
    for name in _SQLITE:
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
