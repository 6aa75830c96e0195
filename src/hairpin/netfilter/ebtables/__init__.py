"""ebtables.  ``save`` reads ebtables-save's text, with ``options`` and ``targets``."""
