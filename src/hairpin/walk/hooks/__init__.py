"""The netfilter hooks: ``chains`` (what stands at a hook, in order), ``hooks`` runs it; ``conntrack`` with
``tcp_tracking`` and ``connection_index``, ``conntrack_room`` (whether its table takes a new entry); ``nat`` with
``nat_range``, ``flowtable``; ``surroundings`` answers what a match asks besides the packet, with ``limits`` (whether a
limit is exceeded now).
"""
