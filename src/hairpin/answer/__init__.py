"""The one entry: a question and evidence in, an ``Answer`` out, free of language.  Pure.

A front end, such as the command line, calls only ``ask`` or ``matrix``, and renders what they return.  Read ``ask``
(the entry), ``answer`` (the types), ``findings`` (what is found beside the causes that stop the asked flows),
``cause_answers`` (each finding with its repairs and its ref), ``proven_repairs`` (those of a set of causes, held
against its proof), ``past_decisions`` (a repair of one cause that leads past the decision behind another), ``engines``
(those that do not answer), ``states`` (of the hosts, which no flow shows), ``remarks`` (on tables and limits),
``questions`` (what only the user can tell), ``blamed`` (since when, and through whom), ``events`` (the time after an
event), ``decisive`` (what was not read and may change what a command says), ``outcome`` (the exit status) and
``matrix`` (every flow under every event).
"""
