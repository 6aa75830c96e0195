"""Random changes of one part of a network, by kind of primitive.

Read ``draw`` (what a draw is), ``bodies`` (rules that fit a flow), then the kinds: ``rules``, ``entries``, ``links``,
``programs``.
"""
