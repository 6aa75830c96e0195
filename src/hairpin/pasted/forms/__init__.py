"""The kinds of outputs that people paste, by what they tell.

``registry`` lists the forms in the order in which they are tried: of ``network/`` (links, addresses, routes, sockets,
settings), ``rules/``, ``engines/`` (containers and networks), ``outcomes/`` (what clients saw) and ``system/``
(firewall managers, units, logs, files, versions).
"""
