"""firewalld stops the packet, or deletes an engine's rules.

``_zones`` finds the firewalld zone of a link, and makes the change that lets a packet into a zone.  ``_strict_ports``
is about the setting StrictForwardPorts, and has the commands that make a policy.
"""
