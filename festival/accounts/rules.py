"""Roles and what each may do."""

from enum import StrEnum


class Role(StrEnum):
    """What a staff member is, for the whole festival or for one activity."""

    ADMINISTRATOR = "administrator"
    ORGANIZER = "organizer"
    REVIEWER = "reviewer"
    STEWARD = "steward"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """What a view asks for."""

    MANAGE = "manage"  # enter the organizers' area at all
    ACTIVITY_READ = "activity.read"
    ACTIVITY_EDIT = "activity.edit"  # words, times, places, windows
    CAPACITY_EDIT = "capacity.edit"
    ROSTER_READ = "roster.read"  # names in full, contacts masked
    ROSTER_MASKED = "roster.masked"  # names masked too
    CONTACT_REVEAL = "contact.reveal"
    ROSTER_EXPORT = "roster.export"
    REVIEW = "review"
    CHECK_IN = "check_in"
    STATISTICS = "statistics"
    AUDIT_READ = "audit.read"
    STAFF_EDIT = "staff.edit"
    SETTINGS_EDIT = "settings.edit"
    MESSAGES_READ = "messages.read"


_ORGANIZER = frozenset(
    {
        Permission.MANAGE,
        Permission.ACTIVITY_READ,
        Permission.ACTIVITY_EDIT,
        Permission.CAPACITY_EDIT,
        Permission.ROSTER_READ,
        Permission.ROSTER_MASKED,
        Permission.CONTACT_REVEAL,
        Permission.ROSTER_EXPORT,
        Permission.REVIEW,
        Permission.CHECK_IN,
        Permission.STATISTICS,
        Permission.MESSAGES_READ,
    },
)
#: Who may do what. Nobody may erase the audit trail: there is no such permission.
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.ORGANIZER: _ORGANIZER,
    Role.REVIEWER: frozenset(
        {Permission.MANAGE, Permission.ACTIVITY_READ, Permission.ROSTER_MASKED, Permission.REVIEW, Permission.STATISTICS},
    ),
    Role.STEWARD: frozenset({Permission.MANAGE, Permission.CHECK_IN}),
    Role.AUDITOR: frozenset({Permission.MANAGE, Permission.ACTIVITY_READ, Permission.STATISTICS, Permission.AUDIT_READ}),
}


def roles_with(permission: Permission) -> frozenset[Role]:
    """Return the roles that hold a permission."""
    return frozenset(role for role, held in PERMISSIONS.items() if permission in held)
