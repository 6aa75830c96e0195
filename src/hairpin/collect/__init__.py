"""Reads a live host: one shell script, and the code that starts it.  No other code of hairpin collects evidence.

Read ``collect.sh``, ``frames`` (parses its output), ``run`` (starts it here or over ssh), ``here`` (this host as root:
the namespaces of containers are read by ``netlink/`` where they are ordinary), ``image`` (the host is out of sight of a
container), ``by_hand`` (the script for a person to run), ``snapshot`` (one host as evidence), ``container_logs`` (the
containers whose last lines are read), ``several`` (several hosts at once) and ``kept_snapshots`` (their folder).
"""
