"""Organizers' pages of programme."""

from flask import Blueprint

bp = Blueprint("programme", __name__)
