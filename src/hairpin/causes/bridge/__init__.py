"""Faults of bridges, bridge ports and veths.  ``_link_state`` makes the candidates that set a link up."""
