"""The festival's editions, tracks, venues, activities, slots and pools."""
