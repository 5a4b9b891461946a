"""The festival's programme as files, and their loader."""
