"""The network after a change.

Start reading at ``simulate``, which calls the modules for each kind of part: ``rules``, ``addresses``, ``links``,
 ``entries``.  ``in_turn`` makes several changes, one after another.
"""
