"""The one entry: a question and evidence in, an ``Answer`` out, free of language.  Pure.

The command line calls only this and renders the answer; whatever else answers questions does the same.  Read ``ask``
(the entry), ``answer`` (the types), ``unpublished`` (a question that has no answer), ``questions`` (what only
the user can tell) and ``outcome`` (an answer in one number).
"""
