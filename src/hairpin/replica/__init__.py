"""The second judge: a snapshot's network in throw-away namespaces on the running kernel, and the real packet in it.

Read ``judgement`` (question and answer: the types that others read), ``plan`` (what is built, as data), ``run`` (builds
it and sends packets), ``watch`` (what became of them) and ``judge`` (what others call).  ``prerequisites`` says what a
machine lacks.  The folder ``judges/`` beside this one compares a replica's answer with the walk's.
"""
