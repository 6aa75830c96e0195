"""Hints in words: rows of patterns that the words of a text have to match together.  Pure.

Read ``table`` with all rows, which are in ``of_firewalls`` (with single rules and typed commands), ``of_networks``,
``of_clients`` (where it works and where it fails, which address and which name is asked) and ``of_changes`` (restarts,
upgrades, settings, and what servers say of themselves).  ``phrases`` has the words of several rows.
"""
