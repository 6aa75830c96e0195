"""A rule stops the packet.

``_rule_owner`` finds who wrote it, ``_lifting`` makes the change that lets the packet pass, ``_manager`` chooses the
change of the program that manages the rules, ``_nearly`` finds rules that were meant to accept the packet,
``_by_owner`` makes the cause.
"""
