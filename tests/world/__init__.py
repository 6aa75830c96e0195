"""Troubles of other people's hosts, each rebuilt on a real host, with its truth written down before hairpin is asked.

Read ``case`` (one file of ``cases/``), ``trial`` (a host is built, broken, asked, repaired; then its healthy twin),
``judge`` (what is right about the answers) and ``report`` (the table, and ``docs/reference/world.md`` with the first
score of each round).  How to write a case: ``cases/README.md``.
"""
