"""Changes by many kinds of programs on a real host, and what a guard's sources tell of them: when, and by whom.

``python -m tests.guarded`` (root): ``kinds`` has the programs, ``inside`` runs them in a lab host, in whose network and
mount namespaces the guard's sources are, with the first process namespace, as on a host.  ``writers`` is a program that
writes by netlink.  A systemd timer is left out: a lab host has no systemd.
"""
