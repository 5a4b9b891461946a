"""Pages of accounts."""

from flask import Blueprint

from festival.accounts.access import note_visit

bp = Blueprint("accounts", __name__)
bp.after_app_request(note_visit)
