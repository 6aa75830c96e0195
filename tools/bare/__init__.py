"""README's commands on a fresh Debian: ``python -m tools.bare``."""
