"""Containers, networks and engines, as Docker, Podman and people write them."""
