"""Faults of bridges, their ports and veths; ``_link_state`` sets a link up."""
