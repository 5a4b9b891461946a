"""The triggers that keep the audit trail append-only. One module, called by migrations.

An entry is written without its place in the chain; ``number`` and ``seal`` are set once, together, and nothing else ever
changes or goes. SQLite fires no trigger for a row that ``OR REPLACE`` pushes out, so what would push one out is refused as well.

SQLite drops a table's triggers when a batch migration rebuilds it: a migration that rebuilds ``audit_entry`` calls
``drop(op)`` first and ``create(op)`` after. A house test fires each one.
"""

from typing import Any

APPEND_ONLY = "audit_entry_is_append_only"
_KEPT = ("id", "at", "actor_id", "action", "subject", "subject_id", "activity_id", "reason", "changes")

_REFUSE = f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
_SQLITE = {
    "audit_entry_insert": f"""
        CREATE TRIGGER audit_entry_insert BEFORE INSERT ON audit_entry
        WHEN NEW.number IS NOT NULL OR NEW.seal IS NOT NULL OR EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id)
        {_REFUSE}""",
    "audit_entry_update": f"""
        CREATE TRIGGER audit_entry_update BEFORE UPDATE ON audit_entry
        WHEN OLD.number IS NOT NULL OR OLD.seal IS NOT NULL OR NEW.number IS NULL OR NEW.seal IS NULL
          OR EXISTS (SELECT 1 FROM audit_entry WHERE number = NEW.number)
          OR {" OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _KEPT)}
        {_REFUSE}""",
    "audit_entry_delete": f"CREATE TRIGGER audit_entry_delete BEFORE DELETE ON audit_entry {_REFUSE}",
}

_RAISE = f"RAISE EXCEPTION '{APPEND_ONLY}' USING ERRCODE = 'check_violation', CONSTRAINT = '{APPEND_ONLY}'"
_POSTGRESQL = {
    "audit_entry_guard_fn": f"""
        CREATE FUNCTION audit_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
            {_RAISE};
          ELSIF TG_OP = 'INSERT' THEN
            IF NEW.number IS NOT NULL OR NEW.seal IS NOT NULL THEN {_RAISE}; END IF;
          ELSIF OLD.number IS NOT NULL OR OLD.seal IS NOT NULL OR NEW.number IS NULL OR NEW.seal IS NULL
            OR {" OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _KEPT)} THEN
            {_RAISE};
          END IF;
          RETURN NEW;
        END $$""",
    "audit_entry_guard": """
        CREATE TRIGGER audit_entry_guard BEFORE INSERT OR UPDATE OR DELETE ON audit_entry
        FOR EACH ROW EXECUTE FUNCTION audit_entry_guard()""",
    "audit_entry_truncate": """
        CREATE TRIGGER audit_entry_truncate BEFORE TRUNCATE ON audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_guard()""",
}


def create(op: Any) -> None:
    """Create the triggers on a schema that has none of them."""
    statements = _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE
    for statement in statements.values():
        op.execute(statement)


def drop(op: Any) -> None:
    """Drop the triggers, where they exist."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER IF EXISTS audit_entry_guard ON audit_entry")
        op.execute("DROP TRIGGER IF EXISTS audit_entry_truncate ON audit_entry")
        op.execute("DROP FUNCTION IF EXISTS audit_entry_guard()")
        return
    for name in _SQLITE:
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
