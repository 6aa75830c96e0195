"""Reads the rules of ebtables: ``save`` reads the text of ebtables-save, with ``options``."""
