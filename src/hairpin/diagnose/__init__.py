"""From a failing walk to the smallest set of changes that repairs it, proven and named as causes.

Read ``diagnose`` (one flow), ``senders`` (a stop that another host caused), then ``examination`` (all flows of a
question) and ``latent`` (what stops them only after an event).
"""
