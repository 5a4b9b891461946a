"""Every kind of activity. A new one is a folder and a line here."""

from festival.kinds import tour, show, mixer, forum, exhibition, alliance, job_fair, service_desk, press
from festival.programme.kinds import ActivityKind

ALL_KINDS: tuple[ActivityKind, ...] = (
    tour.KIND,
    show.KIND,
    mixer.KIND,
    forum.KIND,
    exhibition.KIND,
    alliance.KIND,
    job_fair.KIND,
    service_desk.KIND,
    press.KIND,
)
