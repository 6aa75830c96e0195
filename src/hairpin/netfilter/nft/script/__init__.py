"""Scripts of nft(8), such as /etc/nftables.conf.

Read these modules in this order: ``cursor`` (the words of a text, one after another, with
included files and variables), ``fields_text``, ``expressions``, ``statements`` and ``nat_statements`` (the parts of a
rule as JSON, see libnftables-json(5)), ``constants`` (names of ports), ``declarations`` (chains, sets, maps, objects),
``commands`` (the whole script), ``implied`` (the matches that nft adds to a rule), ``named`` (the names in a rule),
``held`` (existing tables as JSON), ``live_table`` (a table while a script is carried out), ``loading`` (all tables
after a script) and ``translated`` (what nft prints of a table that iptables made: text in the language of scripts).
"""
