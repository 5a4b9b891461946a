"""Sign-ups: capacity, waitlist, promotion, withdrawal and the ledger of places."""
