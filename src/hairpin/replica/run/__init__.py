"""Builds a replica and sends packets there.

Read ``worker`` (one process for each replica), ``process_apart`` (such a process, as its parent sees it), ``netns``,
``build``, ``client`` and ``serving`` (both ends of a flow), ``changing`` (carries out a change in the replica).  The
interfaces to tools and to the kernel: ``tool``, ``partial_load`` (rules that a tool refuses), ``ctnetlink``,
``accounts`` (counter objects that rules name).
"""
