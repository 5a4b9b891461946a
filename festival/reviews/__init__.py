"""Deciding on sign-ups that wait for approval: approve, reject with a reason, ask for more."""
