"""Scripts of nft(8), such as /etc/nftables.conf.

Read ``tokens`` (words of a text), ``cursor`` (tokens one after another, with the included files and the variables),
``fields_text``, ``expressions`` and ``statements`` (of a rule, as libnftables-json(5) has them), ``constants`` (names
of ports), ``declarations`` (chains, sets, maps, objects), ``commands`` (the whole script), ``implied`` (what nft adds
to a rule), ``held`` (tables that are there, as JSON) and ``loading`` (what a script makes of them).
"""
