"""Answers as pages: one HTML file each, for readers who have never seen hairpin.

``markup`` (elements; a host's words are always text), ``sheet`` (lets the terminal's writers write a page), ``frame``
(the file around it, with ``page.css`` and ``page.js``); ``picture`` (the layout of a packet's path), ``way_figure``
(draws it, with its switch), ``table``, ``host_map``; ``text_page`` (a command's own lines); the pages themselves:
``answer_page``, ``cause_page``, ``events_page``, ``story_page``, ``fix_page``.
"""
