"""A rule that the engine made is gone; ``_lost_rules`` finds which, and which scripts delete such rules
whenever they run, ``_makers`` what may have taken it away.
"""
