"""Carries plans out on this host or on another host, by one POSIX shell program.  Other hosts need no Python.

Read ``apply.sh`` (the program, which does acts, keeps the journal, and takes a plan back at its deadline), ``frames``
(the program's requests and answers, as bytes), ``parcel`` (a plan's tasks as the files that the program carries out),
``outpost`` (requests to a shell on this host or over ssh), ``plan_book`` (the journal), ``outpost_ground`` (a host, as
``fixing`` uses it, and local copies of the plans of other hosts).
"""
