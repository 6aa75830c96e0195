"""Scripts of nft(8), such as /etc/nftables.conf.

Read ``tokens`` (words of a text), ``cursor`` (tokens one after another, with the included files and the variables),
``fields_text``, ``expressions``, ``statements`` and ``nat_statements`` (of a rule, as libnftables-json(5) has them),
``constants`` (names of ports), ``declarations`` (chains, sets, maps, objects), ``commands`` (the whole script),
``implied`` (what nft adds to a rule), ``named`` (what a rule names), ``held`` (tables that are there, as JSON),
``live_table`` (one of them while a script is carried out) and ``loading`` (what a script makes of all).
"""
