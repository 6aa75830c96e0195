"""The judges' agreement.  Pure: the second judge is an argument (``replica/judgement.py`` ``Kernel``).

Read ``agreement`` (compares the walk's verdict with the kernel's), ``judged`` (one flow before both judges; whether
that kernel's verdict counts for the host), ``disagreement`` (the report of two judges that do not agree) and
``replicated`` (a whole examination before the second judge).
"""
