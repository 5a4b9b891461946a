"""Taking a list away, which is recorded. Call inside ``transaction()``."""

from festival.audit.service import record


def record_export(  # a file has rows, a digest, somebody who takes it and a reason
    activity_id: int,
    file: str,
    *,
    rows: int,
    sha256: str,
    actor_id: int,
    action: str = "roster.export",
    reason: str = "",
) -> None:
    """Record that a list was taken away: which file, how many rows, and the digest by which a copy is recognised."""
    record(
        action,
        "activity",
        activity_id,
        actor_id=actor_id,
        activity_id=activity_id,
        reason=reason,
        changes=f"{file} rows={rows} sha256={sha256}",
    )
