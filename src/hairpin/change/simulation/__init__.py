"""The network after a change.

Read ``simulate`` (the entry) and what it does to each part: ``rules``, ``addresses``, ``links``, ``listed``,
``entries``, ``sysctls``.  ``in_turn`` makes several, one after another.
"""
