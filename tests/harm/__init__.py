"""Hosts on which somebody's decision stands in the way of the asked flow, and twins on which the same element is an
accident: what ``hairpin fix`` carries out on each, by real exchanges on every known flow.

The truth about each host is written down here, from what its administrator did; nothing of it is taken from hairpin.

Read ``site`` (the kinds of hosts), ``draw`` (what is done to a host, and the truth about it), ``inbound``, ``egress``,
``routed``, ``engines``, ``managers`` (the draws by element), ``elements`` (all of them in pairs), ``case`` (one by its
number), ``flows`` (every known flow, and which pass), ``hairpin`` (the commands, as a user types them), ``foretold``
(effects, as told and as measured), ``judge`` (what is right about all of it), ``trial`` (one case from building to
undo), ``report`` (the table, the misses).
"""
