"""A rule that the engine made is gone.

``_lost_rules`` finds the lost rules and the scripts that may have deleted them.  ``_makers`` finds the causes that may
have removed the lost rules.
"""
