"""A rule stops the packet.

``_rule_owner`` finds who wrote it, ``_lifting`` makes the change that lets the packet pass, ``_manager`` chooses the
intended one, ``_nearly`` finds the rules that mean to let it pass, ``_by_owner`` makes the cause.
"""
