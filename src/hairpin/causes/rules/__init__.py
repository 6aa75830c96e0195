"""A rule stops the packet.

``_rule_owner`` finds who wrote it, ``_lifting`` makes the change that lets the packet pass, ``_by_owner`` makes the
cause.  ``_zones`` finds firewalld's zone of a link, ``_translation`` the rule that translated a packet's
destination.
"""
