"""The terminal's output.

``terminal`` writes an answer of `hairpin check`, with the parts ``head_text``, ``summary``, ``ways`` and ``path``,
``cause_text``, ``grounds_text``, ``overview``, ``remedy_text`` with ``effects_text`` (a repair's other effects),
``blame_text``, ``covered`` (repairs that another repair includes), ``configured``, ``where_next`` (the last lines).
``likely_text`` writes an answer about a host that a pasted text describes.  The other commands have ``path`` (a walk),
``prove_text``, ``events_text``, ``plan_text``, ``restore_text``, ``diff_text``,
``story_text``, ``explain_text``, ``expectations``, ``guard_text`` with ``guarding/``.
"""
