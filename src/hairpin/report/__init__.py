"""Answers as people and programs read them: the terminal, pages, JSON; English and Chinese.

For people and programs:  ``words`` (the language, the option for a missing fact, a time), ``places`` (names of
places), ``stops`` (why a packet stopped), ``open_ends`` (what an unexplained stop leaves open), ``verdicts`` (groups of
flows), ``excerpts`` and ``quotes`` (readings), ``refs``, ``printable`` (removes escape sequences),
``paper`` (columns and colours), ``questions``, ``unread``, ``under_way``
(plans in progress), ``next_command`` (the command that decides), ``real_packets``, ``pages`` (the causes' pages) and
``known_faults`` (of a version).  For monitors: ``brief`` (one line), ``prometheus`` and ``guard_metrics`` (metrics, as
``exposition`` writes them).  For people: ``text/`` (the terminal) and
``page/`` (HTML).  For programs: ``documents/``.

To add a language
-----------------
Texts are English in the source and are translated when they are shown. In these steps, ``de`` is the new language.

1. **``report/words.py``**: add a word to ``Language``, and rows to ``TAGS`` (a page's ``lang``) and ``PROBES``
   (characters that a terminal must be able to write). A test fails until all three and the folder of the texts agree.
2. **``--lang``**: extend the ``Choice`` in ``language`` of ``cli/face/options.py``. Every command imports
   ``options.py`` at its start, so this file must not import ``report/words.py``; a test compares the two files.
3. **The texts**: ``mkdir -p src/hairpin/report/locale/de/LC_MESSAGES && make messages`` makes ``hairpin.po`` and
   ``causes.po`` there, and lists what is to be translated. ``tools/messages.py`` finds each folder by itself.
4. **Test the language**: change ``LOCALES`` in ``tests/report/test_words.py`` (there, German is the language that
   hairpin does not have), ``tests/cli/test_main.py`` and ``tests/cli/face/test_output.py``.
5. **Name the language** in docs/asking.md, docs/architecture.md, docs/writing.md, docs/pages.md and CONTRIBUTING.md,
   wherever they say *Chinese* (``grep -rnw Chinese CONTRIBUTING.md docs``).
"""
