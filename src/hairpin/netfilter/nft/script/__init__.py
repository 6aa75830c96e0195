"""Scripts of nft(8), such as /etc/nftables.conf.

Read ``tokens`` (words of a text), ``cursor`` (tokens one after another, with the included files and the variables),
``fields_text``, ``expressions``, ``statements`` and ``nat_statements`` (of a rule, as libnftables-json(5) has them),
``constants`` (names of ports), ``declarations`` (chains, sets, maps, objects), ``commands`` (the whole script),
``implied`` (the matches that nft adds to a rule), ``named`` (the names in a rule), ``held`` (existing tables as JSON),
``live_table`` (a table while a script is carried out) and ``loading`` (all tables after a script).
"""
