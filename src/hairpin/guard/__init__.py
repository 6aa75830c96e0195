"""The guard: it is told by the kernel that something changed, holds the host against its expectations again, and says
what broke and who changed it.

``change`` and ``round`` have the values.  ``sources`` each watch one part of the network namespace that they are opened
in, of engines and managers, or of what programs load later; nothing is polled but the tables of iptables-legacy and
conntrack's level.  ``culprit`` finds who made a change, of ``known`` processes: what /proc says in the milliseconds in
which they live.  ``watch`` joins the sources and waits out a burst.  ``rounds`` reads the host after each burst, and
compares.  ``record`` makes of a round what ``memory`` keeps, in the file that ``memory_file`` opens, and ``trace``
reads it for a story.  ``telling/`` delivers alerts and metrics.  ``heal/`` says what a guard may repair by itself.
``unit`` has the unit of systemd that runs one, and ``program`` tells it that its own program was replaced.

``warm/`` reads the host again as far as it may have changed.  ``lean`` gives memory back.

Nothing here changes the host's network.
"""
