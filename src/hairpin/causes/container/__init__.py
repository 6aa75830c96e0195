"""Faults of a container and inside its namespace."""
