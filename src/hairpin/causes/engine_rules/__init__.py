"""A rule that the engine made is gone; ``_lost_rules`` finds which, ``_makers`` what may have taken it away,
``_deleting_lines`` which scripts delete such rules whenever they run."""
