"""From a failing walk to the smallest set of changes that repairs it, proven and named as causes.

Read ``diagnose`` (one flow), ``progress`` (whether a change gets a packet further), ``senders`` (a stop that another
host caused), ``trimming`` (what a change needs not do), ``unread`` (whether a container that was left unread matters),
``examination`` (all flows of a question), ``latent`` (lost rules that no asked flow misses yet), ``foreseen`` (what
events bring) and ``ended`` (containers that they leave stopped),
``opened`` (what they let through), ``many`` (flows that they break at once),
``unhairpinned`` (public addresses that the host itself does not reach), ``singled_out`` (clients that
a rule keeps out while others get in) and ``policy`` (whether somebody wrote down what it found).
"""
