"""The composition root: the only module that knows every slice."""

import secrets
from datetime import date, timedelta
from pathlib import Path

import structlog
from flask import Flask, Response, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_compress import Compress
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from festival import kinds, seam
from festival.accounts import cli as accounts_cli
from festival.accounts import holding as accounts_holding
from festival.accounts import manage as accounts_manage
from festival.accounts import personal
from festival.accounts import privacy as accounts_privacy
from festival.accounts import views as accounts_views
from festival.accounts.access import current_person, current_staff, holds, may
from festival.accounts.area import new_area
from festival.accounts.rules import Permission
from festival.audit import cli as audit_cli
from festival.audit import models as audit_models
from festival.audit import sealer
from festival.audit import service as audit_service
from festival.authoring import manage as authoring_manage
from festival.bundle import holding as bundle_holding
from festival.bundle import models as bundle_models
from festival.bundle import views as bundle_views
from festival.calendars import holding as calendars_holding
from festival.calendars import models as calendars_models
from festival.calendars import schedule as calendars_schedule
from festival.calendars import views as calendars_views
from festival.checkin import device as checkin_device
from festival.checkin import door as checkin_door
from festival.checkin import holding as checkin_holding
from festival.checkin import manage as checkin_manage
from festival.checkin import models as checkin_models
from festival.checkin import releases as checkin_releases
from festival.checkin import views as checkin_views
from festival.checkin import walkin as checkin_walkin
from festival.counter import manage as counter_manage
from festival.draws import holding as draws_holding
from festival.draws import manage as draws_manage
from festival.draws import models as draws_models
from festival.draws import views as draws_views
from festival.exports import holding as exports_holding
from festival.exports import manage as exports_manage
from festival.exports import models as exports_models
from festival.exports import preparing, returning, waiting
from festival.invitations import cli as invitations_cli
from festival.invitations import holding as invitations_holding
from festival.invitations import manage as invitations_manage
from festival.invitations import views as invitations_views
from festival.jobs import cli as jobs_cli
from festival.jobs import runner as jobs_runner
from festival.jobs import standing as jobs_standing
from festival.ledger import cli as ledger_cli
from festival.ledger import manage as ledger_manage
from festival.ledger import views as ledger_views
from festival.letters import holding as letters_holding
from festival.letters import manage as letters_manage
from festival.letters import models as letters_models
from festival.lib import (
    access,
    alike,
    clock,
    format,  # noqa: A004  # our module of formats
    health,
    i18n,
    limits,
    log,
    pages,
    sealing,
    security,
    static,
    urls,
)
from festival.lib.db import db, engine_options, is_busy
from festival.lib.errors import Busy, NotFound
from festival.lib.settings import Settings
from festival.notices import cli as notices_cli
from festival.notices import manage as notices_manage
from festival.notices import models as notices_models
from festival.notices import reminders
from festival.notices import render as notices_render
from festival.notices import views as notices_views
from festival.outbox import delivery
from festival.outbox import models as outbox_models
from festival.outbox import runner as outbox_runner
from festival.outbox import standing as outbox_standing
from festival.outbox.gateways import gateways
from festival.overview import manage as overview_manage
from festival.plans import manage as plans_manage
from festival.plans import views as plans_views
from festival.programme import manage as programme_manage
from festival.programme import queries as programme_queries
from festival.programme import views as programme_views
from festival.protection import cli as protection_cli
from festival.protection import manage as protection_manage
from festival.protection import models as protection_models
from festival.protection import purging
from festival.protection import views as protection_views
from festival.reconfirm import holding as reconfirm_holding
from festival.reconfirm import manage as reconfirm_manage
from festival.reconfirm import models as reconfirm_models
from festival.reconfirm import service as reconfirm_service
from festival.reconfirm import views as reconfirm_views
from festival.reconfirm import wording as reconfirm_wording
from festival.reviews import holding as reviews_holding
from festival.reviews import manage as reviews_manage
from festival.reviews import models as reviews_models
from festival.roster import holding as roster_holding
from festival.roster import manage as roster_manage
from festival.roster import models as roster_models
from festival.saved import holding as saved_holding
from festival.saved import models as saved_models
from festival.saved import service as saved_service
from festival.saved import views as saved_views
from festival.seam import Kind
from festival.seats import holding as seats_holding
from festival.seats import manage as seats_manage
from festival.seats import models as seats_models
from festival.seats import wording as seats_wording
from festival.seed import cli as seed_cli
from festival.seed import models as seed_models
from festival.seed import moving
from festival.seed import views as seed_views
from festival.signups import cli as signups_cli
from festival.signups import holding as signups_holding
from festival.signups import manage as signups_manage
from festival.signups import mentioned, sweep, ticket, timeline
from festival.signups import models as signups_models
from festival.signups import views as signups_views

csrf = CSRFProtect()
compress = Compress()
migrate = Migrate(db=db, directory=str(Path(__file__).parent.parent / "migrations"), render_as_batch=True)

#: Whose tables the migrations must equal: importing them registers them.
TABLES = (
    audit_models,
    outbox_models,
    signups_models,
    seats_models,
    checkin_models,
    bundle_models,
    draws_models,
    reviews_models,
    saved_models,
    reconfirm_models,
    roster_models,
    exports_models,
    letters_models,
    protection_models,
    calendars_models,
    notices_models,
    seed_models,
    *(module for kind in kinds.ALL_KINDS for module in kind.models),
)
PUBLIC_BLUEPRINTS = (
    health.bp,
    programme_views.bp,
    accounts_views.bp,
    accounts_privacy.bp,
    signups_views.bp,
    bundle_views.bp,
    plans_views.bp,
    reconfirm_views.bp,
    checkin_views.bp,
    draws_views.bp,
    ledger_views.bp,
    invitations_views.bp,
    saved_views.bp,
    calendars_views.bp,
    calendars_schedule.bp,
    notices_views.bp,
    protection_views.bp,
    seed_views.bp,
)
MANAGE_BLUEPRINTS = (
    programme_manage.bp,
    accounts_manage.bp,
    signups_manage.bp,
    overview_manage.bp,
    seats_manage.bp,
    plans_manage.bp,
    reconfirm_manage.bp,
    authoring_manage.bp,
    roster_manage.bp,
    letters_manage.bp,
    exports_manage.bp,
    returning.bp,
    waiting.bp,
    counter_manage.bp,
    checkin_door.bp,
    checkin_device.bp,
    checkin_walkin.bp,
    checkin_releases.bp,
    checkin_manage.bp,
    draws_manage.bp,
    reviews_manage.bp,
    ledger_manage.bp,
    invitations_manage.bp,
    notices_manage.bp,
    protection_manage.bp,
)
#: What each slice holds about people, uppermost first: the order of forgetting.
HOLDINGS = (
    *(kind.holding for kind in kinds.ALL_KINDS if kind.holding is not None),
    calendars_holding.HOLDING,
    letters_holding.HOLDING,
    exports_holding.HOLDING,
    roster_holding.HOLDING,
    bundle_holding.HOLDING,
    saved_holding.HOLDING,
    draws_holding.HOLDING,
    reviews_holding.HOLDING,
    reconfirm_holding.HOLDING,
    invitations_holding.HOLDING,
    seats_holding.HOLDING,
    checkin_holding.HOLDING,
    signups_holding.HOLDING,
    accounts_holding.HOLDING,
)
#: What slices above the sign-ups do each minute.
SWEEPS = (saved_service.SWEEP, reconfirm_service.SWEEP)
#: What is done after the answer, or when its time has come.
JOBS = (
    outbox_runner.JOB,
    sweep.JOB,
    reminders.JOB,
    sealer.JOB,
    purging.JOB,
    jobs_standing.JOB,
    *preparing.JOBS,
)
#: What slices above the sign-ups say on a ticket.
TICKET_FACTS = (seats_wording.ticket_fact,)
#: What they ask of its owner.
TICKET_ASKS = (ticket.Panel("reconfirm/panel.html", reconfirm_wording.ticket_panel),)
COMMANDS = (
    accounts_cli.staff_cli,
    audit_cli.audit_cli,
    protection_cli.privacy_cli,
    seed_cli.seed_cli,
    seed_cli.demo_cli,
    signups_cli.signups_cli,
    invitations_cli.invitations_cli,
    notices_cli.outbox_cli,
    jobs_cli.worker_command,
    jobs_cli.jobs_cli,
    ledger_cli.doctor_command,
    ledger_cli.backup_command,
    ledger_cli.restore_command,
)


def create_app(settings: Settings, all_kinds: tuple[Kind, ...] = kinds.ALL_KINDS) -> Flask:
    """Build the application.

    :param all_kinds: the kinds of activities it knows.
    :raises UnmarkedView: a view says not who may call it.
    """
    app = Flask("festival", static_folder="static", template_folder="../templates")
    _configure(app, settings)
    log.set_up(debug=settings.demo)
    clock.freeze(settings.frozen_now)
    clock.run_ahead(timedelta(0))
    urls.register(app)
    db.init_app(app)
    migrate.init_app(app, db)
    csrf.init_app(app)
    compress.init_app(app)
    i18n.init_app(app)
    security.init_app(app)
    limits.init_app(app, settings)
    static.init_app(app)
    seam.register(all_kinds, sweeps=SWEEPS)
    personal.register(HOLDINGS)
    audit_service.register(mentioned.names_in)
    ticket.register(TICKET_FACTS, {kind.key: kind.panels for kind in all_kinds}, TICKET_ASKS)
    timeline.register((reconfirm_wording.asked_words,))
    _deliver_messages(app, settings)
    _register_blueprints(app, all_kinds)
    _register_words(app)
    _register_errors(app)
    for command in (*COMMANDS, *(command for kind in all_kinds for command in kind.commands)):
        app.cli.add_command(command)
    app.before_request(_name_request)
    if settings.demo_people:
        app.before_request(moving.keep_up)
    access.mark(app.view_functions["static"], access.Access(access.Who.PUBLIC))
    access.check_marks(app)
    alike.init_app(app)
    _wrap(app, settings)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    """Translate our settings into Flask's and its extensions'."""
    app.config.from_mapping(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        DEMO=settings.demo,
        BASE_URL=settings.base_url,
        MAX_CONTENT_LENGTH=8 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=512 * 1024,
        MAX_FORM_PARTS=500,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https://"),
        SESSION_COOKIE_NAME="__Host-festival" if settings.base_url.startswith("https://") else "festival",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=30 * 24 * 3600,
        SESSION_REFRESH_EACH_REQUEST=False,  # accounts.access.note_visit does, and only for who is signed in
        WTF_CSRF_TIME_LIMIT=None,  # the session ends it; a form may stay open over lunch
        WTF_CSRF_SSL_STRICT=False,  # the token decides; some phones' browsers send no Referer
        BABEL_TRANSLATION_DIRECTORIES="translations",
        COMPRESS_MIMETYPES=["text/html", "text/css", "application/json", "text/javascript", "image/svg+xml"],
        TESTING=settings.testing,
        RATELIMIT_ENABLED=settings.ratelimit_enabled,
    )
    app.extensions["settings"] = settings
    app.extensions["data_keys"] = sealing.parse_keys(list(settings.data_keys))
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _deliver_messages(app: Flask, settings: Settings) -> None:
    """Say where messages go out, who finds their words, and what is done beside serving."""
    app.extensions["gateways"] = gateways(settings)
    delivery.register(notices_render.compose)
    jobs_runner.register(app, (*JOBS, moving.JOB) if settings.demo_people else JOBS)
    jobs_standing.init_app(app)
    outbox_standing.init_app(app)


def _register_blueprints(app: Flask, all_kinds: tuple[Kind, ...]) -> None:
    for blueprint in PUBLIC_BLUEPRINTS:
        app.register_blueprint(blueprint)
    area = new_area()
    for blueprint in MANAGE_BLUEPRINTS:
        area.register_blueprint(blueprint)
    for kind in all_kinds:
        for blueprint in kind.manage_blueprints:
            area.register_blueprint(blueprint)
    app.register_blueprint(area)
    for kind in all_kinds:
        for blueprint in kind.blueprints:
            app.register_blueprint(blueprint)


def _register_words(app: Flask) -> None:
    """Give templates what the layout relies on. Nothing here touches the session: public pages stay without a cookie."""
    app.jinja_env.filters.update(format.FILTERS)
    app.jinja_env.globals.update(loc=i18n.loc, path_to=pages.path_to, is_here=pages.is_here)

    def layout_words() -> dict[str, object]:
        settings: Settings = app.extensions["settings"]
        language = i18n.locale()
        paths = i18n.language_urls() if request else {"zh": "/", "en": "/en/"}
        return {
            "locale": language,
            "html_lang": i18n.HTML_LANG[language],
            "language_paths": paths,
            "other_language_url": paths["zh" if language == "en" else "en"],
            "base_url": settings.base_url,
            "settings_footer": settings.footer,
            "demo_mode": settings.demo,
            "now": clock.now(),
            "is_moved": bool(clock.ahead()),
            "request_id": g.get("request_id", ""),
            "current_person": current_person,
            "current_staff": current_staff,
            "holds": holds,
            "may": may,
            "Permission": Permission,
            "current_festival": programme_queries.current_festival,
            "today": _today,
        }

    app.context_processor(layout_words)


def _today() -> date:
    return clock.local_day(clock.now())


def _name_request() -> None:
    """Give the request an id that an error page can show and a log line carries."""
    g.request_id = secrets.token_hex(6)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _register_errors(app: Flask) -> None:
    """Answer every failure with a page in the reader's language; what the database cannot do now is a 503."""

    @app.errorhandler(CSRFError)
    def _expired(error: CSRFError) -> ResponseReturnValue:
        return _page("csrf", 400, error)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> ResponseReturnValue:
        return _page(str(error.code), error.code or 500, error)

    @app.errorhandler(NotFound)
    def _not_found(_error: NotFound) -> ResponseReturnValue:
        return _page("404", 404)

    @app.errorhandler(Busy)
    def _busy(_error: Busy) -> ResponseReturnValue:
        return _unavailable()

    @app.errorhandler(OperationalError)
    def _database(error: OperationalError) -> ResponseReturnValue:
        db.session.rollback()
        log.log.error("database unavailable", busy=is_busy(error), kind=type(error.orig).__name__)
        return _unavailable()

    @app.errorhandler(NoConnection)
    def _no_connection(_error: NoConnection) -> ResponseReturnValue:
        log.log.error("all connections to the database are in use")
        return _unavailable()

    @app.errorhandler(Exception)
    def _bug(_error: Exception) -> ResponseReturnValue:
        db.session.rollback()
        log.log.exception("unexpected error", path=log.redact(request.path))
        return _page("500", 500)


def _unavailable() -> ResponseReturnValue:
    response = _page("503", 503)
    response.headers["Retry-After"] = "3"
    return response


def _page(name: str, status: int, error: HTTPException | None = None) -> Response:
    """Return an error page; one of its own where there is one, else the general page."""
    body = render_template([f"errors/{name}.html", "errors/any.html"], status=status)
    response = Response(body, status)
    if error is not None and error.code == status:
        for header, value in error.get_headers():
            if header not in {"Content-Type", "Content-Length"}:
                response.headers[header] = value
    return response


def _wrap(app: Flask, settings: Settings) -> None:
    """Believe as many proxies in front of us as are ours."""
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
