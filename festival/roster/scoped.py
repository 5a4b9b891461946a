"""The activity of an address, within what the caller may touch."""

from festival.accounts.access import scope, the_staff
from festival.accounts.rules import Permission
from festival.programme import queries as programme
from festival.programme.models import Activity


def activity_within(slug: str, permission: Permission) -> Activity:
    """Return an activity within the caller's scope.

    :raises NotFound: outside it there is none.
    """
    return programme.managed(slug, scope(the_staff(), permission, Activity.id.expression))
