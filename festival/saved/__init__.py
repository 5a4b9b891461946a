"""Activities that people keep for later, and word that their sign-up opens."""
