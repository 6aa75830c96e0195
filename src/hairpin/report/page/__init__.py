"""Answers as pages: one HTML file each, for readers who have never seen hairpin.

``markup`` (elements: what a host says is text), ``sheet`` (the terminal's writers, on a page), ``frame`` (the file
around it, with ``page.css`` and ``page.js``); ``picture`` (the way of a packet), ``way_figure`` (drawn, with its
switch), ``table``, ``host_map``; ``text_page`` (a command's own lines); the pages themselves: ``answer_page``,
``cause_page``, ``events_page``, ``story_page``, ``fix_page``.
"""
