"""From a failing walk to the smallest set of changes that repairs it, proven and named as causes.

Read ``diagnose`` (one flow) and then ``examination`` (all flows of a question).
"""
