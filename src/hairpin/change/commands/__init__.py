"""A step as commands: shown to a person, and carried out.

Shown: ``text``, with ``rules_text``, ``held``, ``file_text``.  Carried out: ``carrying``, with ``argv``, ``words``,
``tool``, ``loading``, ``numbering``.
"""
