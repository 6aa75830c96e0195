"""The judges' agreement.  Pure: the second judge is an argument (``replica/judgement.py`` ``Kernel``).

Read ``agreement`` (the walk's verdict held against the kernel's), ``judged`` (one flow before both; whether
that kernel's word counts for the host), ``disagreement`` (what is left when they do not agree) and
``replicated`` (a whole examination before the second judge).
"""
