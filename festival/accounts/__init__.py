"""People: sign-in by code, staff and their roles, consent, my data."""
