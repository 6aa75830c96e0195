"""A container and its own namespace."""
