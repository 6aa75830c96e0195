"""From a failing walk to the smallest set of changes that repairs it, proven and named as causes.

Read ``diagnose`` (one flow), ``senders`` (a stop that another host caused), ``latent`` (what waits for an event),
``unread`` (whether a container that was left unread matters) and then ``examination`` (all flows of a
question).
"""
