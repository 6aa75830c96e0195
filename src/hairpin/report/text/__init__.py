"""The terminal's output.

``terminal`` writes an answer of `hairpin check`, with the parts ``head_text``, ``summary``, ``ways`` and ``path``,
``cause_text``, ``grounds_text``, ``overview``, ``remedy_text`` with ``effects_text`` (its other effects),
``blame_text``, ``covered`` (repairs that another one includes), ``configured``, ``where_next`` (the last lines).
Other commands': ``walk_text``, ``prove_text``, ``events_text``, ``plan_text``, ``restore_text``, ``diff_text``,
``story_text`` with ``story_folding``, ``explain_text``.
"""
