"""The netfilter hooks: ``chains`` (the entries of a hook, in order), ``hooks`` runs them; ``conntrack`` with
``tcp_tracking`` and ``connection_index``, ``conntrack_room`` (whether its table takes a new entry); ``nat`` with
``nat_range``, ``flowtable``; ``surroundings`` (facts beyond the packet that a match needs) with ``limits`` (whether a
limit is exceeded now).
"""
