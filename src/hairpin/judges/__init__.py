"""Compares the verdicts of the walk and of a kernel.  Pure: the second judge is an argument (``replica/judgement.py``
``Kernel``).

Read ``agreement`` (compares the walk's verdict with the kernel's verdict), ``judged`` (asks both judges about one flow,
and decides whether the kernel's verdict counts for the host), ``disagreement`` (the report about judges that disagree)
and ``replicated`` (asks the second judge about a whole examination).  The third judge is the real host: ``observation``
(what real probes showed) and ``contradiction`` (compares them with the walk's verdict).
"""
