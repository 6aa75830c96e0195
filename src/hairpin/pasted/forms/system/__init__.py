"""Firewall managers, units, logs, files and versions."""
