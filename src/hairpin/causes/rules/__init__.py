"""A rule stops the packet.

``_rule_owner`` finds who wrote it, ``_lifting`` makes the change that lets the packet pass, ``_manager`` chooses the
intended one, ``_nearly`` finds the rules that mean to let it pass, ``_by_owner`` makes the cause.  ``_walls`` is about
those that an engine builds.  ``_zones`` finds firewalld's zone of a link, ``_zone_opening`` lets a packet into it,
``_translation`` finds the rule that translated a packet's destination.
"""
