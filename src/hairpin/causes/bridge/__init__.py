"""Faults of bridges, bridge ports and veths, and rules that drop frames.

``_link_state`` makes the candidates that set a link up."""
