"""The commands of a step: as text for a person, and as commands that hairpin carries out.

``text`` writes the commands for a person, with ``rules_text``, ``held`` and ``file_text``.  ``carrying`` carries the
commands out, with ``argv``, ``words``, ``tool`` and ``loading``.
"""
