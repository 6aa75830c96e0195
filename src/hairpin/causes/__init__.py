"""The catalogue: one file for each cause.  A cause proposes a change, ``hairpin.diagnose`` proves it.

Read ``proof``, ``cause`` (what a cause sees, what it proposes, and what is found), ``where`` (what it is about),
``order`` (which of several is named), ``losing`` (which rules an event takes from a flow), ``opening`` (what is more
open than somebody wants, and what an event lets through) and ``registry`` (finds the files).  Then the
folders, in any order; each is about one place of a fault: ``uplinks`` (the host's own), ``routing``, ``forwarding``
(sysctls), ``bridge``, ``container``, ``service``, ``engine`` (how it was configured), ``engine_rules`` (its rules are
gone), ``isolation`` (its walls), ``rules`` (other programs' and people's rules), ``policies`` (of base chains),
``nat_rules``, ``firewalld``, ``tables`` (of the kernel: full, or an entry decides), ``traffic_control`` (of a link),
``names`` (and name servers), ``between_hosts``, ``states`` (of an engine or a container, whether or not a packet shows
them), ``to_come`` (what an event brings).  In a folder, read first what its causes share: a leading underscore.
"""
