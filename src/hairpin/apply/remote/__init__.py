"""Carries plans out on another host, which needs no Python: everything goes there as one POSIX shell program.

Read ``apply.sh`` (the program: acts, journal and switch on that host), ``frames`` (what goes there and what comes back,
as bytes), ``parcel`` (a plan's tasks as the files that the program carries out), ``outpost`` (the requests, over ssh),
``plans_there`` (its journal, with the methods of the one here) and ``ground_there``, which ``fixing`` works on as on
this host.
"""
