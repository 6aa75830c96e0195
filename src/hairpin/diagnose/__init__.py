"""From a failing walk to the smallest set of changes that repairs it, proven and named as causes.  The modules:

- One flow: ``suspect``, ``diagnose``, ``proven_set`` (the reported form of a set), ``progress`` (whether a change gets
  a packet further), ``senders`` (a stop whose fault is on another host), ``trimming`` (removes parts of a change that
  are not needed), ``unread`` (whether an unread container matters), ``policy`` (the cause's setting in a file).
- Many flows: ``examination`` (all flows of a question), ``alike`` (the causes of alike flows), ``many`` (flows that
  an event breaks at once).
- Faults to come: ``latent`` (lost rules that no asked flow misses yet), ``foreseen`` (faults after an event) with
  ``ended`` (containers that events leave stopped) and ``concerned`` (containers whose restarts matter).
- Clients and names: ``unhairpinned`` (public addresses that the host itself does not reach), ``nameless`` (containers
  that have no names for each other), ``singled_out`` (clients that a rule drops while others pass), ``client_networks``
  (networks of clients that a rule or a route stops), ``listed_clients`` (rules that let only listed clients in),
  ``inward_only`` (ports that the host serves for others), ``next_addresses`` (addresses of a name that clients pass
  over), ``stopped_clients`` (a rule against one network), ``invented_fields`` (rules that compare a source port or a
  TTL).
"""
