"""A rule that the engine made is gone; ``_lost_rules`` finds which, ``_makers`` what may have taken it away."""
