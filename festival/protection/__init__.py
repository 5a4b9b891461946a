"""Data protection: one person's data and wishes, what is purged by time, and the pages that say so to everybody."""
