"""Headers on every answer: nothing from another host, no inline script or style, nothing personal in a cache."""

from flask import Flask, Response, request
from flask.globals import request_ctx

from festival.lib.log import redact

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self';"
    " manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def _is_secret_address() -> bool:
    """Tell whether the address itself lets somebody in: no page tells the next one where it was."""
    return redact(request.path) != request.path or "invitation" in request.args


def _set_headers(response: Response) -> Response:
    """Add what is missing; a view that sets its own (a feed, a chart) keeps it."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "no-referrer" if _is_secret_address() else "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if "Cache-Control" not in headers:
        # A page that looked at the session may show a person's data; any other is public but must be asked for again.
        session = request_ctx._session  # noqa: SLF001  # not through the proxy: looking there counts as access
        personal = session is not None and (session.accessed or session.modified)
        headers["Cache-Control"] = "no-store" if personal else "no-cache"
    return response


def init_app(app: Flask) -> None:
    """Set the headers after every request."""
    app.after_request(_set_headers)
