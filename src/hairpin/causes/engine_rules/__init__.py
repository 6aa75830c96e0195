"""A rule that the engine made is gone.  ``_lost_rules`` finds the lost rules and the scripts that delete such rules.
``_makers`` finds the causes that may have removed the lost rules.
"""
