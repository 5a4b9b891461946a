"""Taking a list away, which is recorded. Call inside ``transaction()``."""

from festival.audit.service import record


def record_export(activity_id: int, file: str, *, rows: int, sha256: str, actor_id: int) -> None:
    """Record that a list was taken away: which file, how many sign-ups, and the digest by which a copy is recognised."""
    record(
        "roster.export",
        "activity",
        activity_id,
        actor_id=actor_id,
        activity_id=activity_id,
        changes=f"{file} rows={rows} sha256={sha256}",
    )
