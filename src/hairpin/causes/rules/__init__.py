"""A rule stops the packet.

``_rule_owner`` finds the program or person that wrote it, ``_lifting`` makes the change that lets the packet pass,
``_manager`` chooses the change of the program that manages the rules, ``_nearly`` finds rules that should have accepted
the packet, ``_by_owner`` makes the cause.
"""
