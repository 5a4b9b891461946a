"""Every kind of activity. A new one is a folder and a line here."""

from festival.kinds import alliance, exhibition, forum, job_fair, mixer, press, service_desk, show, talk, tour
from festival.seam import Kind

ALL_KINDS: tuple[Kind, ...] = (
    tour.KIND,
    show.KIND,
    mixer.KIND,
    forum.KIND,
    exhibition.KIND,
    alliance.KIND,
    job_fair.KIND,
    service_desk.KIND,
    press.KIND,
    talk.KIND,
)
