"""The netfilter hooks.  ``chains`` lists the entries of a hook in order, and ``hooks`` runs them.  Connection tracking
is in ``conntrack``, ``connection_index``, ``conntrack_room`` (whether the conntrack table takes a
new entry) and ``conntrack_timeout`` (how long it keeps one).  Address translation is in ``nat``, ``nat_range`` and
``flowtable``.  ``surroundings`` has facts beyond the packet that a match needs, and ``limits`` tells whether a limit is
exceeded now."""
