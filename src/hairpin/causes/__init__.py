"""The catalogue: one file for each cause.  A cause proposes a change, and ``hairpin.diagnose`` proves it.

Read ``proof``, ``cause`` (a cause's input, candidates and findings), ``where`` (the thing that a candidate is about),
``kit`` (the import of a cause's file), ``order`` (decides which of several causes is named first), ``opening`` (ports
that are too open, clients that an event lets in, and accepting rules that it removes), ``deaf_owners`` (calls that
nobody carries out), ``log_advice`` (the sentences about a container's log), ``registry`` (finds the files), ``reasons``
(the files that a stop loads) and ``signs`` (what a host or the flows must show, or a cause without a stop is not
loaded). Then read the folders, in any order. Each folder has the faults of one place: ``uplinks`` (the host's own
uplinks), ``routing``, ``forwarding`` (sysctls), ``bridge``, ``container``, ``service``, ``engine`` (its configuration),
``engine_rules`` (its lost rules), ``isolation`` (its isolation rules), ``rules`` (other programs' and people's rules),
``policies`` (policies of base chains), ``nat_rules``, ``firewalld``, ``tables`` (a kernel table that is full, or an
entry in it that decides), ``traffic_control``, ``names`` (names and name servers), ``between_hosts``, ``states``
(states of an engine or a container, whether or not a packet shows them), ``to_come`` (faults after an event). In a
folder, first read the files with a leading underscore, because the folder's causes share their code.

To add a cause
--------------
CONTRIBUTING.md has the steps. If you add a folder of causes, or put the table ``CASES`` into another test file, name
the table in ``TABLES`` of ``tests/causes/test_registry.py``. Each cause has a row in ``reasons.py``, even a state or
another cause without reasons; a test checks the table.
"""
