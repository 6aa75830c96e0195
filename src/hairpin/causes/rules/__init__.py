"""A rule stops the packet: ``_rule_owner`` finds who wrote it, ``_by_owner`` makes the cause, ``_lifting`` a change."""
