"""Typed, immutable state of one host, parsed from evidence.  ``None`` means "the host did not say", never "no"."""
