"""Who confirmed what.  Pure: the second judge is handed in (``replica/judgement.py`` ``Kernel``).

Read ``agreement`` (the walk's verdict held against the kernel's) and ``this_kernel`` (does that kernel's word count for
the host?), then ``judged`` (one flow before both), ``disagreement`` (what is left when they do not agree) and
``replicated`` (a whole examination before the second judge).
"""
