"""The catalogue: one file for each cause.  A cause proposes a change, and ``hairpin.diagnose`` proves it.

First read ``proof``, ``cause`` (a cause's input, candidates and findings), ``where`` (the thing that a candidate is
about), ``order`` (which of several causes is named first), ``losing`` (the rules that an event removes from a flow's
path), ``opening`` (ports that are too open, and clients that an event lets in), ``registry`` (finds the files) and
``reasons`` (lists the causes to load at each kind of stop).  Then read the folders, in any order.  Each folder has the
faults of one place: ``uplinks`` (the host's links to the outside), ``routing``, ``forwarding`` (sysctls), ``bridge``,
``container``, ``service``, ``engine`` (an engine's configuration), ``engine_rules`` (an engine's lost rules),
``isolation`` (an engine's isolation rules), ``rules`` (rules of other programs and of people), ``policies`` (base chain
policies), ``nat_rules``, ``firewalld``, ``tables`` (full kernel tables and wrong entries in them), ``traffic_control``
(a link's qdiscs and filters), ``names`` (names and name servers), ``between_hosts``, ``states`` (states of an engine or
a container, even if no packet shows them), ``to_come`` (faults that an event brings).  In a folder, first read the
files with a leading underscore, whose code the causes of the folder share.
"""
