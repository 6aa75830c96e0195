"""The one entry: a question and evidence in, an ``Answer`` out, free of language.  Pure.

A front end, such as the command line, calls only ``ask`` or ``matrix``, and renders what they return.  Read ``ask``
(the entry), ``answer`` (the types), ``check`` (a question for causes), ``findings`` (findings beside the causes of the
asked flows), ``cause_answers`` (each finding with its repairs and its ref), ``stop_repairs`` (those of a packet's
stop), ``proven_repairs`` (the repairs of a set, checked against its proof), ``past_decisions`` (a repair of one cause
that undoes the decision behind another), ``engines`` (engines that do not answer), ``states`` (of the hosts, which no
flow shows), ``remarks`` (on tables and limits), ``questions`` (facts that only the user knows), ``blamed`` (when and by
whom a cause was made), ``events`` (the time after an event), ``decisive`` (missing readings that may change the
result), ``outcome`` (the exit status) and ``matrix`` (every flow under every event).  Before it,
``asked_elements`` (the addresses that sets are asked for, if these are too long to be listed).
"""
