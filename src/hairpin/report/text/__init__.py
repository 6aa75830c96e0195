"""The terminal's output.

``terminal`` writes an answer of `hairpin check`, with the parts ``head_text``, ``summary``, ``ways`` and ``path``,
``cause_text``, ``grounds_text``, ``overview``, ``remedy_text`` with ``effects_text`` (the repair's effects on other
flows), ``blame_text``, ``covered`` (repairs that another one includes), ``configured``.  For the other commands:
``walk_text``, ``prove_text``, ``events_text``, ``plan_text``, ``restore_text``, ``diff_text``, ``story_text`` with
``story_folding``, ``explain_text``.
"""
