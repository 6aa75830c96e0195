"""Answers as people and programs read them: the terminal, JSON; English and Chinese.

Both: ``words`` (the language), ``places`` (names of places), ``stops`` (why a way ended), ``excerpts`` and
``quotes`` (readings).
People: ``paper`` (columns and colours), ``terminal`` (the whole answer) of ``verdicts``, ``path``, ``remedy_text``,
``questions`` and ``unread``; ``walk_text``, ``prove_text``.  Programs: ``document``, ``walk_document``,
``prove_document``.
"""
