"""Finds, for a failing walk, the smallest set of changes that repairs it.  The changes are proven, and named as causes.

Read these modules in order:

- ``suspect``, ``diagnose`` (one flow) and ``proven_set`` (the reported form of a set of causes),
- ``progress`` (whether a change gets a packet further), ``senders`` (a stop that another host caused), ``trimming``
  (removes parts of a change that the flow does not need), ``unread`` (whether an unread container matters),
- ``alike`` (the causes of a flow that is alike another flow), ``examination`` (all flows of a question) and ``many``
  (flows that an event breaks at once),
- ``latent`` (lost rules that no asked flow misses yet), ``foreseen`` (faults after an event) with ``ended`` (containers
  that events leave stopped) and ``concerned`` (containers whose restarts matter),
- ``unhairpinned`` (public addresses that the host itself does not reach), ``singled_out`` (clients that a rule drops
  while other clients pass) and ``policy`` (whether a file has the cause's setting).
"""
