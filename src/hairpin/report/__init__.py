"""Answers as people and programs read them: the terminal, pages, JSON; English and Chinese.

For people and programs:  ``words`` (the language), ``wanted`` (the option for a missing fact), ``places`` (names of
places), ``stops`` (why a packet stopped), ``open_ends`` (what an unexplained stop leaves open), ``verdicts`` (groups of
flows), ``excerpts`` and ``quotes`` (readings), ``refs``, ``printable`` (removes escape sequences), ``time_text``,
``paper`` (columns and colours), ``questions``, ``unread``, ``without_root`` (the one line about root), ``under_way``
(plans in progress), ``next_command`` (the command that decides), ``pages`` (the causes' pages).  For monitors:
``brief`` (one line) and ``prometheus`` (metrics).  For people: ``text/`` (the terminal) and ``page/`` (HTML).  For
programs: ``documents/``.
"""
