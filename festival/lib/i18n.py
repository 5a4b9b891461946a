"""Two languages. Chinese is the language of the message ids; the address alone chooses: ``/en`` in front is English."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from flask import Flask, has_request_context, request
from flask_babel import Babel, force_locale, get_locale, gettext, lazy_gettext, ngettext

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Locale: TypeAlias = Literal["zh", "en"]
LOCALES: tuple[Locale, Locale] = ("zh", "en")
#: What ``<html lang>`` and ``hreflang`` say. Flask-Babel itself must be given "zh": "zh-CN" is a 500 there.
HTML_LANG: dict[Locale, str] = {"zh": "zh-CN", "en": "en"}

_ENVIRON_KEY = "festival.locale"

__all__ = ["LOCALES", "Locale", "_", "_l", "_n", "force_locale", "loc", "locale", "speaking"]

_: Callable[..., str] = gettext
_l = lazy_gettext
#: ``_n("余 %(num)s 个名额", "余 %(num)s 个名额", n)``: Chinese has one form, the English catalogue two.
_n: Callable[..., str] = ngettext

babel = Babel()


class EnglishPrefix:
    """WSGI middleware: moves ``/en`` from the path into SCRIPT_NAME, so that one URL map serves both languages."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one request."""
        path = environ.get("PATH_INFO", "")
        environ[_ENVIRON_KEY] = "zh"
        if path == "/en" or path.startswith("/en/"):
            environ[_ENVIRON_KEY] = "en"
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + "/en"
            environ["PATH_INFO"] = path[3:] or "/"
        return self._app(environ, start_response)


def locale() -> Locale:
    """Return the language being spoken: the page's, or inside ``speaking`` the reader's."""
    current = get_locale()
    return "en" if current is not None and current.language == "en" else "zh"


def _of_request() -> Locale:
    if has_request_context() and request.environ.get(_ENVIRON_KEY) == "en":
        return "en"
    return "zh"


def speaking(language: Locale) -> Any:  # Flask-Babel's context manager
    """Speak a language inside the block: messages use the person's, whatever page caused them."""
    return force_locale(language)


def loc(row: object, name: str) -> str:
    """Return a bilingual column (``title``: ``title_zh`` or ``title_en``) as spoken; the other language's where it is empty."""
    chosen, other = getattr(row, f"{name}_{locale()}"), getattr(row, f"{name}_{'zh' if locale() == 'en' else 'en'}")
    return str(chosen or other or "")


def root_path() -> str:
    """Return the SCRIPT_NAME without the language prefix."""
    root: str = request.root_path
    return root.removesuffix("/en") if _of_request() == "en" else root


def language_urls() -> dict[Locale, str]:
    """Return this page's absolute path (query included) in each language."""
    root = root_path()
    query = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string else ""
    return {"zh": f"{root}{request.path}{query}", "en": f"{root}/en{request.path}{query}"}


def init_app(app: Flask) -> None:
    """Set up translations and the language prefix."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "zh")
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "Asia/Shanghai")
    babel.init_app(app, locale_selector=_of_request)
    app.wsgi_app = EnglishPrefix(app.wsgi_app)  # type: ignore[method-assign]  # Flask's documented way to wrap
