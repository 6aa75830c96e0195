"""From a failing walk to the smallest sets of changes that repair it, named as causes, proven.

Read ``diagnose`` (one flow) and then ``examination`` (all flows of a question).
"""
