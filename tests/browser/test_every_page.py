"""Every page in a real browser: for all to read (axe), nothing from another host, nothing the policy stops, nothing sideways."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import time, timedelta
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser as Chrome
from playwright.sync_api import ConsoleMessage, Page, Request, sync_playwright

from festival.accounts.rules import Channel, Reachable
from festival.bundle import service as bundle
from festival.bundle.service import Wish
from festival.checkin.rules import Way
from festival.counter import service as counter
from festival.draws import service as draws
from festival.draws.service import Seed
from festival.invitations import service as invitations
from festival.kinds.forum import service as forums
from festival.kinds.forum.models import ForumCertificate
from festival.kinds.job_fair.employers.models import Position, Recruiter
from festival.kinds.job_fair.employers.service import name_recruiter as recruit
from festival.kinds.job_fair.seekers import cvs
from festival.kinds.job_fair.seekers import service as seeking
from festival.kinds.job_fair.seekers.service import ApplyRequest
from festival.kinds.mixer import service as mixer
from festival.kinds.mixer.rules import Complaint
from festival.letters import service as letters
from festival.letters.queries import Source, audience
from festival.letters.service import Draft
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.uploads import PDF, Upload
from festival.outbox.service import owe
from festival.programme.kinds import kind_of
from festival.programme.models import Activity, Mode, Slot
from festival.saved import service as saved
from festival.signups import absences
from festival.signups.models import Invitation, SignUp
from festival.signups.rules import State
from festival.signups.service import Once, SignUpRequest
from tests.builders import make_activity, make_person, make_sign_up, make_staff, pool_of
from tests.conftest import chromium
from tests.invitations.guests import make_forum
from tests.kinds.forum import halls
from tests.kinds.mixer.phone import Phone, scan
from tests.seed.programme import loaded
from tests.web import Browser

#: What a browser does with a page does not depend on the database.
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)]

WIDTHS = (375, 1280)
#: The narrowest screen that nothing may overflow.
NARROWEST = 320
LANGUAGES = ("", "/en")
#: Faults of these weights stop somebody from reading or acting.
GRAVE = {"serious", "critical"}


@dataclass(frozen=True)
class Reader:
    """Somebody with a session (its cookie), and the pages that are theirs."""

    cookie: str
    pages: tuple[str, ...]


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chrome]:
    """The browser of this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


def _cookie(app: Flask, account) -> str:
    browser = Browser(app).sign_in(account)
    cookie = browser.client.get_cookie("festival")
    assert cookie is not None
    return cookie.value


def _one_of_each_state(person) -> list[SignUp]:
    """Return sign-ups of a person, each in another state, each for an activity of its own."""
    at = clock.now()
    return [
        make_sign_up(
            make_activity(slug=f"state-{state.value.replace('_', '-')}", starts_in=timedelta(days=3 + number)),
            person=person,
            state=state,
            name="欧阳测试",
            offered_until=at + timedelta(hours=5) if state == State.OFFERED else None,
        )
        for number, state in enumerate(State)
    ]


def _bundled(person_id: int) -> str:
    """Return the code of a bundle of which one activity was confirmed, one waits, and one was refused."""
    free, waits, full = make_activity(), make_activity(capacity=1), make_activity(capacity=1, waitlist_limit=0)
    for taken in (waits, full):
        make_sign_up(taken)
    wishes = [Wish(one.id, kind_of(one), SignUpRequest(name="欧阳测试")) for one in (free, waits, full)]
    with transaction():
        return bundle.sign_up(person_id, wishes, Once("browser", "key")).code


def _drawn() -> tuple[Activity, int]:
    """Return an activity with a draw that has taken place."""
    activity = make_activity(slug="drawn", mode=Mode.BALLOT, capacity=1, closes_in=timedelta(hours=-1))
    for _ in range(3):
        make_sign_up(activity, state=State.ENTERED)
    staff = make_staff().id
    slot = db.session.query(Slot).filter_by(activity_id=activity.id).one()
    with transaction():
        drawing = draws.freeze(slot.id, Seed("彩票", "lottery", clock.now() - timedelta(minutes=1)), actor_id=staff)
    with transaction():
        draws.draw(drawing.id, "1 2 3", actor_id=staff)
    return activity, drawing.id


def _invited() -> tuple[Activity, str, str]:
    """Return an activity with places by invitation, the code of a personal link, and one for several."""
    activity, pool = make_forum(slug="invited")
    staff = make_staff().id
    with transaction():
        (link,) = invitations.invite(activity.id, pool.id, "欧阳测试", None, actor_id=staff)
        media = invitations.make_code(activity.id, pool.id, "媒体", 3, None, actor_id=staff)
    return activity, link.code, media.code


def _seeking(person) -> tuple[int, int]:
    """Return the application of somebody who recruits for that employer too, and is invited; and the employer."""
    position = db.session.query(Position).order_by(Position.id).first()
    assert position is not None
    with transaction():
        recruiter = Recruiter(
            employer_id=position.employer_id,
            name="欧阳测试",
            channel=Channel.MOBILE,
            address="13700000009",
            account_id=person.id,
            named_at=clock.now(),
        )
        db.session.add(recruiter)
        cvs.keep(person.id, Upload("简历.pdf", PDF, b"%PDF-1.7\n%%EOF\n"))
        application = seeking.apply(person.id, position.id, ApplyRequest("欧阳测试"))
        cvs.hand_over(person.id, application.id)
        seeking.note(person.id, application.id, "请带作品集")
        seeking.invite(person.id, application.id, [])
    return application.id, position.employer_id


def _mixers(person) -> list[str]:
    """Return the codes of a person's sign-ups for two mixers: people choose at one, and found each other at the other."""
    codes, actor = [], make_staff().id
    for slug in ("pairs", "pairs-over"):
        activity = make_activity(slug=slug, kind="mixer", pools=2, starts_in=timedelta(0), lasts=timedelta(minutes=90))
        mine = make_sign_up(activity, person=person, name="欧阳测试", pool=pool_of(activity))
        other = make_sign_up(activity, pool=pool_of(activity, 1))
        day = time(0), time(23, 59, 59), time(23, 59, 59)
        with transaction():
            mixer.set_times(activity.id, *day, rounds=8, minutes_per_round=6, actor_id=actor)
        for one in (mine, other):
            scan(one)
        his, hers = (Phone(one).register() for one in (mine, other))
        with transaction():
            mixer.plan(activity.id, actor_id=actor)
            number = mixer.give_number(other).number
            mixer.report(mine, "B", number, Complaint.PICTURES, "拍了我两次。", may_be_asked=True)
        his.choose(hers)
        hers.choose(his)
        if slug == "pairs-over":
            with transaction():
                mixer.set_times(activity.id, time(0), time(0, 0, 1), time(0, 0, 1), rounds=8, minutes_per_round=6, actor_id=actor)
        codes.append(mine.code)
    return codes


def _over(person) -> tuple[str, int]:
    """Return the slug of an activity that is over, and an absence there, which its person has explained; one more is open."""
    activity = make_activity(slug="over", starts_in=timedelta(hours=-5))
    missed = make_sign_up(activity, person=person, state=State.NO_SHOW, name="欧阳测试")
    make_sign_up(activity, name="没有签到的人")
    with transaction():
        absences.appeal(missed.id, "当天发烧，没能到场。")
    return activity.slug, missed.id


def _written(activity: Activity) -> None:
    """Write a letter to the people of an activity."""
    source = Source(activity.id)
    draft = Draft(frozenset(State), "改时间", "{姓名}您好：\n提前半小时到场。", "New time", "Dear {name}")
    seen = letters.fingerprint(draft, audience([source], draft.states, clock.now()))
    with transaction():
        letters.send(draft, [source], seen=seen, key="letter", actor_id=make_staff().id)


def _stayed(person, staff) -> tuple[SignUp, ForumCertificate]:
    """Return the sign-up of somebody who stayed at a forum to its end and booked a break-out, and the certificate of hours."""
    forum = halls.make_forum(slug="conference", seats=3, starts_in=timedelta(hours=-9))
    stayed = make_sign_up(forum, person=person, name="欧阳测试")
    halls.scan(stayed, Way.IN, forum.starts_at, staff)
    halls.scan(stayed, Way.OUT, forum.ends_at, staff)
    with transaction():
        certificate = forums.issue(stayed.id)
    return stayed, certificate


def _invitation_id(code: str) -> int:
    return db.session.query(Invitation).filter_by(code=code).one().id


@pytest.fixture
def readers(app: Flask) -> list[Reader]:
    """A visitor, an attendee and an administrator, with every page that each can open."""
    with app.app_context():
        loaded(dates="rolling")
        person = make_person(name="欧阳测试")
        held = _one_of_each_state(person)
        drawn, draw_id = _drawn()
        staff = make_staff()
        pending = make_activity(slug="pending", mode=Mode.APPROVAL)
        asked = make_sign_up(pending, state=State.PENDING, name="待审核的人")
        with transaction():
            for sign_up in held:
                owe("sign_up_confirmed", "sign_up", sign_up.id, account_id=person.id, activity_id=sign_up.activity_id)
        full = make_activity(slug="full", capacity=1, waitlist_limit=0)
        make_sign_up(full)
        kinds = ("grove-tour", "drone-show", "mixer", "forum", "craft", "alliance", "job-fair", "service", "press")
        slot = db.session.query(Slot).filter_by(activity_id=pending.id).one()
        invited, link, media = _invited()
        opens = make_activity(slug="opens", opens_in=timedelta(days=1))
        with transaction():
            saved.save(person.id, opens.id, wants_word=True)
        over, absent_id = _over(person)
        _written(pending)
        stayed, hours = _stayed(person, staff)
        zones = db.session.query(Slot).join(Activity, Activity.id == Slot.activity_id).filter(Activity.slug == "drone-show").one()
        with transaction():
            db.session.get_one(Slot, held[0].slot_id).moved_at = clock.now() + timedelta(seconds=1)
        visitor = (
            "/invited",
            f"/invited/{link}",
            "/invited/no-such-code",
            f"/activities/{invited.slug}/sign-up?invitation={media}",
            f"/activities/{invited.slug}/sign-up?invitation=abcd",
            f"/sign-up/form?activity={invited.slug}&activity=press",
            "/",
            "/?q=没有这样的活动",
            "/?open=1",
            *(f"/activities/{slug}" for slug in kinds),
            *(f"/activities/{slug}/sign-up" for slug in ("job-fair", "forum", "craft", "alliance", "full")),
            "/sign-up",
            "/sign-up/form?activity=job-fair&activity=forum&activity=craft&activity=drone-show",
            "/sign-in",
            "/calendar",
            "/activities/opens/save",
            "/jobs",
            "/jobs/1",
            "/privacy",
            "/accessibility",
            f"/draws/{draw_id}",
            *(f"/activities/forum/{page}" for page in ("agenda", "agenda/changes", "speakers/2")),
            "/certificates",
            f"/certificates/{hours.number.lower()}",
            "/activities/mixer/draw",
            "/demo",
            "/demo/messages",
            "/manage/sign-in",
            "/no-such-page",
            "/activities/job-fair/employers",
            "/activities/job-fair/employers/apply",
        )
        at_mixers = _mixers(person)
        with transaction():
            recruit(16, Reachable(Channel.MOBILE, person.addresses[0].value), "欧阳测试", staff.id)
        mine = (
            *(f"/sign-ups/{code}{page}" for code in at_mixers for page in ("", "/mixer")),
            "/employer-desk",
            *(f"/employer-desk/16{page}" for page in ("", "/booth", "/positions/new", "/positions/50", "/positions/earlier")),
            "/jobs/1/report",
            "/me",
            "/me/messages",
            "/me/privacy",
            "/me/privacy/delete",
            "/calendar",
            "/me/saved",
            "/me/schedule",
            "/activities/opens/save",
            "/activities/job-fair/sign-up",
            *(f"/sign-ups/{sign_up.code}" for sign_up in held),
            f"/sign-ups/{held[0].code}/edit",
            f"/sign-ups/{make_sign_up(make_activity(slug='two-zones', pools=2), person=person).code}/move",
            *(f"/sign-ups/{sign_up.code}/decline" for sign_up in held if sign_up.state == State.OFFERED),
            *(f"/sign-ups/{sign_up.code}/history" for sign_up in held if sign_up.state == State.WAITLISTED),
            "/sign-up",
            f"/sign-up/{_bundled(person.id)}",
            "/activities/conference/agenda",
            f"/sign-ups/{stayed.code}",
            f"/sign-ups/{stayed.code}/certificate",
        )
        application_id, employer_id = _seeking(person)
        mine += (
            "/me/cv",
            f"/me/applications/{application_id}",
            f"/recruiting/{employer_id}",
            f"/recruiting/applications/{application_id}",
        )
        desk = (
            "/manage/",
            "/manage/activities",
            *(
                f"/manage/activities/pending/{page}"
                for page in (
                    "",
                    "edit",
                    "slots",
                    f"slots/{slot.id}",
                    "plan",
                    "plan/cancel",
                    f"slots/{slot.id}/plan/postpone",
                    "window",
                    "rules",
                    "roster",
                    "roster?state=pending&not=state&sort=name",
                    "roster/tags",
                    f"roster/{asked.id}",
                    f"ledger/{asked.id}",
                    "review",
                    "statistics",
                    "draw",
                    "messages",
                    "messages/sign-up-offered",
                    "letters",
                    "letters/new",
                    "reconfirm",
                    "log",
                    "exports",
                    "exports/full",
                    "exports/return",
                )
            ),
            *(f"/manage/activities/drawn/exports/{page}" for page in ("names", "cards", "cards?form=table")),
            "/manage/activities/grove-tour/exports/insurance",
            f"/manage/activities/{drawn.slug}/draw",
            f"/manage/activities/{drawn.slug}/roster",
            f"/manage/activities/{drawn.slug}/ledger",
            "/manage/activities/drone-show/rules",
            "/manage/messages",
            "/manage/messages/words",
            "/manage/letters",
            "/manage/letters/new",
            "/manage/letters/1",
            "/manage/settings",
            *(f"/manage/activities/{over}/absences{page}" for page in ("", "?show=recorded", f"/{absent_id}/excuse")),
            "/manage/activities/drone-show/plan",
            f"/manage/activities/drone-show/slots/{zones.id}/plan/backup",
            f"/manage/activities/drone-show/slots/{zones.id}/merge",
            f"/manage/activities/drone-show/pools/{zones.pools[0].id}/split",
            "/manage/activities/craft/",
            "/manage/activities/craft/slots",
            "/manage/activities/craft/slots/series",
            "/manage/activities/craft/slots/new",
            "/manage/activities/new",
            *(f"/manage/activities/forum/{page}" for page in ("basics", "publication", "preview", "clone", "questions")),
            *(f"/manage/activities/forum/questions/{page}" for page in ("add?key=id_number", "new")),
            "/manage/venues",
            "/manage/venues/1",
            "/manage/editions",
            "/manage/editions/1",
            "/manage/editions/1/clone",
            *(
                f"/manage/activities/{invited.slug}/invitations{page}"
                for page in ("", "/guests", "/code", f"/{_invitation_id(link)}/revoke")
            ),
            *(f"/manage/activities/forum/agenda{page}" for page in ("", "/new", "/items/s8", "/publish")),
            *(
                f"/manage/activities/forum/{page}"
                for page in ("rooms/new", "rooms/1", "speakers/new", "speakers/1", "materials", "meals")
            ),
            *(f"/manage/activities/conference/certificates{page}" for page in ("", f"/{hours.id}/revoke")),
            "/manage/activities/forum/seats",
            "/manage/activities/forum/seats/1",
            "/manage/activities/forum/seats/1/drawing",
            "/manage/activities/forum/seats/1/seats/1",
            "/manage/activities/forum/seats/1/print",
            "/manage/staff",
            "/manage/staff/new",
            f"/manage/staff/{staff.id}",
            "/manage/audit",
            "/manage/audit?who=nobody",
            "/manage/people",
            f"/manage/people/{person.id}",
            f"/manage/people/{person.id}/forget",
            "/manage/people/purges",
            "/manage/second-factor",
        )
        with transaction():
            queued = counter.sign_up(
                pending.id, SignUpRequest(name="柜台报名的人"), kind=kind_of(pending), actor_id=staff.id, locale="zh"
            )
        desk += (
            *(f"/manage/activities/drone-show/check-in{page}" for page in ("", "/gates", "/differences", "/release", "/shell")),
            "/manage/activities/job-fair/check-in/walk-in",
            *(f"/manage/activities/drone-show/show{page}" for page in ("", "/go", "/hold", "/postpone", "/cancel", "/ground")),
            *(
                f"/manage/activities/job-fair/{page}"
                for page in ("employers", "employers/1", "employers/arrivals", "floor-plan", "position-reports", "figures")
            ),
            "/manage/activities/craft/counter",
            f"/manage/activities/{invited.slug}/counter",
            "/manage/activities/mixer/counter",
            *(f"/manage/activities/pairs/mixer{page}" for page in ("", "/print", "/numbers", "/badges", "/reports")),
            "/manage/activities/mixer/mixer",
            "/manage/activities/pending/counter/notice",
            f"/manage/activities/pending/counter/{queued.id}",
            f"/manage/activities/pending/counter/{queued.id}/slip",
        )
        return [Reader("", visitor), Reader(_cookie(app, person), mine), Reader(_cookie(app, staff), desk)]


@pytest.fixture
def opened(chrome: Chrome, address: str) -> Iterator[Callable[[Reader], Page]]:
    """Open a browser as one of the readers."""
    contexts = []

    def page_of(reader: Reader) -> Page:
        context = chrome.new_context(base_url=address)
        if reader.cookie:
            context.add_cookies([{"name": "festival", "value": reader.cookie, "url": address}])
        contexts.append(context)
        return context.new_page()

    yield page_of
    for context in contexts:
        context.close()


class Watch:
    """Writes down what is wrong with a page while it is open."""

    def __init__(self, page: Page, address: str) -> None:
        self.faults: dict[str, list[str]] = {}
        self._page, self._address, self._path = page, address, ""
        page.on("request", self._note_request)
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self._note(str(error)))

    def _note(self, fault: str) -> None:
        self.faults.setdefault(self._path, []).append(fault[:300])

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self._address, "data:")):
            self._note(f"asks {urlsplit(request.url).netloc}")

    def _note_console(self, message: ConsoleMessage) -> None:
        # A refusal is a page with its status; Chromium calls that an error.
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self._note(message.text)

    def look_at(self, path: str, axe: Axe, widths: Iterable[int]) -> None:
        """Open a page once and judge it at each of these widths; nothing may be wider than the narrowest screen."""
        self._path = path
        self._page.set_viewport_size({"width": WIDTHS[0], "height": 800})
        self._page.goto(path)
        for width in widths:
            self._page.set_viewport_size({"width": width, "height": 800})
            for fault in axe.run(self._page).response["violations"]:
                if fault["impact"] in GRAVE:
                    self._note(f"{width} px: {fault['id']} {[node['html'][:80] for node in fault['nodes'][:2]]}")
        self._page.set_viewport_size({"width": NARROWEST, "height": 800})
        wide = self._page.evaluate("document.documentElement.scrollWidth")
        if wide > NARROWEST:
            self._note(f"is {wide} px wide on a screen of {NARROWEST}")


@pytest.mark.parametrize("reader", [0, 1, 2], ids=["visitor", "attendee", "administrator"])
@pytest.mark.parametrize("language", LANGUAGES, ids=["zh", "en"])
def test_every_page_can_be_read_by_all_and_keeps_to_itself(readers, opened, language, reader, address) -> None:
    page = opened(readers[reader])
    watch, axe = Watch(page, address), Axe()

    # In English it is the same page with other words: attendees' are judged again at one width, organizers' for their width.
    again = WIDTHS[:1] if reader < len(readers) - 1 else ()
    for path in readers[reader].pages:
        watch.look_at(language + path, axe, again if language else WIDTHS)

    assert watch.faults == {}
