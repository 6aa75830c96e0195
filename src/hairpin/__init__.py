"""hairpin: tell it a port; it tells you why nobody can reach it, proves it, and repairs it."""

__version__ = "0.1.0"
