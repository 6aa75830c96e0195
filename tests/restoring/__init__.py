"""``python -m tests.restoring``: ``hairpin restore`` held against a restart of the daemon, on hosts of the lab (root).

Read ``own`` (an engine's rules as text, and when two lists of them are the same), ``losses`` (how rules get lost),
``hosts`` and ``trial`` (one loss on one host).
"""
