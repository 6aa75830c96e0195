"""What happened to a host, in order of time, as far as its own traces tell: boots, units, engines, firewalls, packages,
files, people.  Pure: the traces are readings of the evidence.

Read ``entry`` (the types) and ``blame`` (which entries made a cause, told by walking).
"""
