"""Builds a replica and sends packets there.

Read ``worker`` (one process for each replica), ``netns``, ``build``, ``client`` and ``serving`` (both ends of a flow),
``changing`` (a change made there).  How the kernel is told: ``tool``, ``partial_load`` (rules that a tool refuses),
``ctnetlink``, ``accounts`` (objects that rules name).
"""
