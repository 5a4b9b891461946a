"""What every slice stands on: database, clock, access, text, files. Knows Flask and SQLAlchemy, and no word of the domain."""
