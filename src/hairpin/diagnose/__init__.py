"""From a failing walk to the smallest set of changes that repairs it, proven and named as causes.  The modules:

- One flow: ``suspect``, ``diagnose``, ``search`` (the search for causes, loaded for a flow that fails), ``proven_set``
  (the reported form of a set), ``trimming`` (removes parts of a change that are not needed), ``unread`` (whether an
  unread container matters).
- Many flows: ``examination`` (all flows of a question), ``joining`` (equal causes of several flows), ``alike`` (the
  causes of alike flows), ``many`` (flows that an event breaks at once).
- Faults to come: ``latent`` (lost rules that no asked flow misses yet), ``foreseen`` (faults after an event) with
  ``ended`` (containers that events leave stopped, and those whose restarts matter).
- Clients: ``unhairpinned`` (public addresses that the host itself does not reach), ``singled_out`` (clients that a rule
  drops while others pass).
"""
