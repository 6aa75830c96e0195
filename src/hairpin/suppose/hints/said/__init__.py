"""Hints in words: rows of patterns that the words of a text have to match together.  Pure.

Read ``table`` with all rows, which are in ``of_ways``, ``of_firewalls``, ``of_rules``, ``of_networks``, ``of_sides``
(where it works and where it fails), ``of_targets``, ``of_servers`` (what servers and their links say of themselves),
``of_typed`` (commands that somebody typed), ``of_names`` and ``of_changes`` (restarts, upgrades, settings).
``phrases`` has the words of several rows.
"""
