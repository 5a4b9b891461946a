"""Invitations: personal links and access codes to places that are not open to everybody."""
