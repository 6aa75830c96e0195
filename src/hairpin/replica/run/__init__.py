"""Builds a replica and sends packets there: ``worker`` (one process for each replica), ``build``, ``client`` and
``serving`` (both ends of a flow), ``changing`` (a change made there), ``netns``, ``tool`` and ``ctnetlink`` (how the
kernel is told).
"""
