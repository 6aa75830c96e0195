"""Carries plans out on a host, this one or another, by one POSIX shell program.  Other hosts need no Python.

Read ``apply.sh`` (the program: acts, journal and switch), ``frames`` (its requests and answers, as bytes), ``parcel``
(a plan's tasks as the files that the program carries out), ``outpost`` (the requests, to a shell here or over ssh),
``plan_book`` (the journal), ``outpost_ground`` (the host, as ``fixing`` works on it) and ``copies`` (local copies of
the plans of other hosts).
"""
