"""The entry of hairpin's analysis: it takes a question and evidence, and returns an ``Answer``, which is in no
language.  Pure.

A front end, such as the command line, calls ``ask`` or ``matrix``, and renders the results.  Read these modules:

- ``ask`` (the entry: six phases), ``answer`` (the types), ``begin`` (the hosts and the flows that the question means)
  and ``check`` (a question for causes: the walks, the observers, all findings and their order, the repairs that undo
  the decision behind another cause),
- ``cause_answers`` (each finding with its repairs and its reference), ``stop_repairs`` (the repairs of a packet's stop)
  and ``proven_repairs`` (the repairs of a set of causes, checked against the proof of the set),
- ``engines`` (engines that do not answer), ``states`` (states of the hosts that no flow shows, and containers that
  ended with an error), ``questions`` (the open questions, each once, with a repair that works with either answer),
  ``logged`` (what containers' logs say of causes) and ``blamed`` (when and by which actor a cause was made, with
  ``guarded``: what a guard kept of it),
- ``events`` (the time after an event), ``decisive`` (missing readings that may change the result, the exit status) and
  ``matrix`` (every flow under every event),
- ``likely/``: the answer about a host that is known only from a pasted text,
- ``texts/``: whether an error text is true on the hosts.

``asked_elements`` is used before ``ask``: it finds the addresses about which the collector asks the kernel, for sets
that are too long to be listed.
"""
