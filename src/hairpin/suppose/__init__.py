"""Completes a host of which only a text tells to an ordinary host, and asks what that host may have instead.  Pure.

Read ``told`` (what the readings of a text tell) with ``words`` (what the text says in words), ``asked`` (the container
that a question is about if no output lists containers), ``ordinary`` (the completed host), ``parts`` (the supposed
parts that a walk reads) and ``alternatives`` (what they may be instead).
"""
