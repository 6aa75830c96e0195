"""Completes a host of which only a text tells to an ordinary host, and asks what that host may have instead.  Pure.

Read ``told`` (what the readings of a text tell) with ``words`` (what the text says in words), ``places`` (where it says
that something works or fails) and ``trouble`` (the words that say that something fails), ``asked`` with
``asked_services`` (what a question is about if no output lists containers), ``ordinary`` (the completed host) with
``networks``, ``own_namespace``, ``containers`` and ``simulated``, ``parts`` (the supposed parts that a walk reads) and
``alternatives`` (what they may be instead).

``without_root`` supposes what a user without root could not read of a host that hairpin reads itself, with ``relayed``
(containers of which docker-proxies tell) and ``insides`` (containers' links and addresses).

``hints/``: what words and facts of a text point to beside these parts.  ``leaning/``: how much what a text says speaks
for and against each frequent cause.
"""
