"""Answers as pages: one HTML file each, for readers who have never seen hairpin.

``markup`` (elements, in which a host's words are always text, and the HTML file around a page, with ``page.css`` and
``page.js``), ``sheet`` (lets the terminal's writers write a page); ``picture`` (the layout of a packet's path),
``way_figure`` (draws the path, with a button that shows the path after the repair), ``table``, ``host_map``;
``text_page`` (a page with the lines that a command prints); the pages themselves: ``answer_page``, ``cause_page`` (also
of a version's faults), ``events_page``, ``story_page``, ``fix_page``.

To add a section to a page
--------------------------
An HTML page has the same content as the terminal, in the same words (docs/pages.md, ADR 0030).

1. **The words**: a ``write_…`` function in ``report/text/``, which takes a ``Paper``. ``report/text/terminal.py``
   calls it for the terminal, a page calls it with a ``Sheet``. JSON has the same facts in ``report/documents/``, with
   ``python -m tools.schemas``.
2. **The section** is a method of ``_AnswerPage`` in ``report/page/answer_page.py``, called at its place in
   ``answer_parts``. The pages of ``check``, ``walk`` and ``prove`` then have the section, and so has the page of
   ``fix``, below its plan. ``fix_page.py``, ``events_page.py`` and ``story_page.py`` have sections of their own.
   ``text_page.py`` makes the pages of ``diff`` and ``explain``. A drawing or table is a file of its own, named in
   ``report/page/__init__.py``. Only ``markup.py`` makes elements.
3. **The look**: ``report/page/page.css`` has the styles, light and dark, on a phone, and printed. A page works without
   a script.
4. **Test the section** in ``tests/report/page/``; a new kind of answer is a row of ``TWELVE`` in
   ``tests/report/page/twelve.py``. As root, run ``.venv/bin/python -m tests.browser``.
5. **Describe the section** in the list in docs/pages.md.
"""
