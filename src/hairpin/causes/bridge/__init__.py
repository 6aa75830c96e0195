"""Bridges, their ports and veths."""
