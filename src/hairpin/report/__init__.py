"""Answers as people and programs read them: the terminal, pages, JSON; English and Chinese.

For both: ``words`` (the language), ``wanted`` (what supplies a missing fact), ``places`` (names of places), ``stops``
(why a packet ended), ``excerpts`` and ``quotes`` (readings). For people: ``printable`` (no escape sequence),
``paper`` (columns and colours), ``terminal`` (the whole answer) with its parts ``head_text``, ``summary``,
``verdicts``, ``ways`` and ``path``, ``cause_text``, ``grounds_text``, ``overview``, ``remedy_text`` (``effects_text``:
what else it does), ``blame_text``, ``covered`` (by another one), ``configured``, ``after`` (an event), ``questions``,
``unread`` and ``under_way`` (plans); ``walk_text``, ``prove_text``, ``events_text``, ``plan_text``,
``restore_text``; ``pages`` (of the causes); ``diff_text``, ``story_text`` with ``story_folding``,
``explain_text``; and the folder ``page/`` (HTML).
For programs: ``refs``, ``document``, ``effects_document``, ``blame_document``, ``walk_document``, ``prove_document``,
``events_document``, ``fix_document``, ``undo_document``, ``restore_document``, ``diff_document``, ``story_document``,
``explain_document``.
"""
