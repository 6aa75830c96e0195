"""From a failing walk to the smallest set of changes that repairs it, proven and named as causes.

Read ``diagnose`` (one flow), ``senders`` (a stop that another host caused), ``unread`` (whether a container that was
left unread matters), ``examination`` (all flows of a question) and then ``latent`` (what no asked flow shows yet).
"""
