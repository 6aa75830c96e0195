"""The only code that reads a live host: one shell script, and the thin code that starts it.

Read ``collect.sh``, ``frames`` (parses its output), ``run`` (starts it here or over ssh), ``by_hand`` (the script for a
person to run), ``snapshot`` (one host as evidence), ``several`` (several hosts at once) and ``kept_snapshots`` (their
folder).
"""
