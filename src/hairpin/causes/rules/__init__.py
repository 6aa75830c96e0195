"""A rule stops the packet.

``_rule_owner`` finds the program or person that wrote the rule.  ``_lifting`` makes the change that lets the packet
pass.  ``_nearly`` finds rules that should have accepted the packet.  ``_by_owner`` makes the causes that differ only
in the rule's owner, and chooses the change that fits the program which manages the rules.
"""
