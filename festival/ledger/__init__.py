"""The ledger of places, read: why it is full, who released what, why somebody still waits; and whether the books agree."""
