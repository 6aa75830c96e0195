"""Times what the design promises beside reference tools, in one run: ``python -m bench``."""
