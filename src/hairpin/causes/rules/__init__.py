"""A rule that somebody made stops the packet; ``_rule_owner`` tells whose it is, ``_lifting`` how it is lifted."""
