"""Times hairpin beside reference tools in one run: ``python -m bench``."""
