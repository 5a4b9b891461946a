"""Calendar feeds and files that tell the truth (RFC 5545, RFC 7986)."""
