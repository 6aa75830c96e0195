"""Who confirmed what.  Pure: the second judge is handed in (``replica/judgement.py`` ``Kernel``).

Read ``agreement`` (the walk's verdict held against the kernel's), ``judged`` (one flow before both; whether
that kernel's word counts for the host), ``disagreement`` (what is left when they do not agree) and
``replicated`` (a whole examination before the second judge).
"""
