"""What a guard may repair by itself, and what it says of it.

``heal`` has the values that a round carries.  ``person`` says whether a change comes from somebody's login.
``allowed`` says why a repair is left to a person.  ``attempts`` counts the heals of each culprit and element, and
finds fights.

Nothing here changes a host: ``cli/guarding/healing.py`` carries heals out, through ``apply/``.
"""
