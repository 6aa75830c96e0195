"""Answers as pages: one HTML file each, for readers who have never seen hairpin.

``markup`` (elements; a host's words are always text), ``sheet`` (lets the terminal's writers write a page), ``frame``
(the HTML file around a page, with ``page.css`` and ``page.js``); ``picture`` (the layout of a packet's path),
``way_figure`` (draws the path, with a button that shows the path after the repair), ``table``, ``host_map``;
``text_page`` (a page with the lines that a command prints); the pages themselves: ``answer_page``, ``cause_page``,
``events_page``, ``story_page``, ``fix_page``.
"""
