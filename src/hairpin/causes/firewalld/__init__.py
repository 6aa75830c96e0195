"""firewalld stops the packet, or deletes an engine's rules.

``_zones`` finds firewalld's zone of a link, ``_zone_opening`` lets a packet into it.
"""
