"""The terminal's output.

``terminal`` is an answer of `hairpin check`, with its parts ``head_text``, ``summary``, ``ways`` and ``path``,
``cause_text``, ``grounds_text``, ``overview``, ``remedy_text`` (``effects_text``: what else it does), ``blame_text``,
``covered`` (by another one), ``configured``.  Other commands': ``walk_text``, ``prove_text``,
``events_text``, ``plan_text``, ``restore_text``, ``diff_text``, ``story_text`` with ``story_folding``,
``explain_text``.
"""
