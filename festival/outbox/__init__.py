"""Messages owed to people: written in the transaction that caused them, delivered after it."""
