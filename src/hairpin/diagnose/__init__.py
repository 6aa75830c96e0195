"""From a failing walk to the smallest sets of changes that repair it, named as causes, proven.

Read ``diagnose`` (one flow), ``senders`` (a stop that another host caused) and then ``examination`` (all flows of a
question).
"""
