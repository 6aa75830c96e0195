"""Answers as people and programs read them: the terminal, pages, JSON; English and Chinese.

For all:  ``words`` (the language), ``wanted`` (the command-line option for a fact that hairpin lacks), ``places``
(names of places), ``stops`` (why a packet stopped), ``verdicts`` (groups of flows), ``excerpts`` and ``quotes``
(readings), ``refs``, ``printable`` (removes escape sequences), ``time_text``, ``paper`` (the lines of a report, with
columns and colours), ``questions`` (to the user), ``unread`` (missing readings), ``under_way`` (plans in progress),
``pages`` (one for each cause).  For people:  ``text/`` (the terminal) and ``page/`` (HTML).  For programs:
``documents/``.
"""
