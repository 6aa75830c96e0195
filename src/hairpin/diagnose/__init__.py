"""From a failing walk to the smallest set of changes that repairs it, proven and named as causes.

Read ``suspect``, ``diagnose`` (one flow), ``proven_set`` (a set as it is told), ``progress`` (whether a
change gets a packet further), ``senders`` (a stop that another host caused), ``trimming`` (what a change needs not do),
``unread`` (whether a container that was left unread matters), ``examination`` (all flows of a question) and ``many``
(flows that an event breaks at once), ``latent`` (lost rules that no asked flow misses yet), ``foreseen`` (what events
bring) with ``ended`` (containers that they leave stopped) and ``concerned`` (whose restarts matter), ``unhairpinned``
(public addresses that the host itself does not reach), ``singled_out`` (clients that a rule keeps out while others get
in) and ``policy`` (whether somebody wrote down what it found).
"""
