"""Reads a live host: one shell script, and the code that starts it.  No other code of hairpin collects evidence.

Read ``collect.sh``, ``frames`` (parses its output), ``run`` (starts it here or over ssh), ``image`` (the host is out of
sight of a container), ``by_hand`` (the script for a person to run), ``snapshot`` (one host as evidence; as root here,
``netlink/`` reads the namespaces of ordinary containers), ``container_logs`` (the containers whose last lines are
read), ``several`` (several hosts at once) and ``kept_snapshots`` (their folder).
"""
