"""The netfilter hooks: ``hooks`` asks the chains of a hook in the order of their priorities; ``conntrack`` with
``tcp_tracking`` and ``connection_index``, ``nat`` with ``nat_range``, ``flowtable``; ``surroundings`` answers what a
match asks besides the packet.
"""
