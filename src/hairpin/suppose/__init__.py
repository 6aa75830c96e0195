"""Completes a host that is known only from a text.

Pure.  A part of the host is *told* if the text shows it.  All other parts are *supposed* to be as on an ordinary host.
An *alternative* is another state that a supposed part may have.

Read ``told`` (the told parts) with ``words`` (facts that the text states in words), ``places`` (the places at which, as
the text says, a connection works or fails) and ``trouble`` (words that say that something fails), ``asked`` with
``asked_services`` (the object of a question if no output lists containers), ``ordinary`` (the completed host) with
``networks``, ``told_files`` (containers' name servers), ``own_namespace``, ``containers``, ``left_out`` (rules that a
text leaves out) and ``simulated``,
``parts`` (the supposed parts that a walk reads), ``alternatives``, ``refuted`` (causes that told parts rule out),
``said_out`` (causes that words rule out), and
``favourable`` (whether a supposed part could save a packet that stops at a told part) with ``said_sockets`` (sockets
and names that clients and programs tell of) and ``told_lookups`` (look-ups of names that failed, and containers that
asked themselves, as the text says).

``without_root`` completes a host that hairpin itself reads without root, with ``relayed`` (containers that
docker-proxies show).

``hints/``: causes to which words and facts of a text point.
"""
