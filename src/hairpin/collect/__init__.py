"""The only code that reads a live host: one shell script, and the thin code that starts it.

Read ``collect.sh``, ``frames`` (reads what it prints), ``run`` (starts it here or over ssh), ``by_hand`` (the script as
a person runs it), ``snapshot`` (one host as evidence), ``several`` (several hosts at once) and ``kept_snapshots`` (the
folder of those that are kept).
"""
