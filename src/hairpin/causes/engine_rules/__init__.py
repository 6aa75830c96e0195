"""A rule that the engine made is gone; ``_lost_rules`` finds which."""
