"""The kinds of outputs that people paste, with one folder for each subject.

``registry`` lists the forms in the order in which they are tried.  The folders are ``network/`` (links, addresses,
routes, sockets, settings), ``rules/``, ``engines/`` (containers and networks), ``outcomes/`` (what clients saw) and
``system/`` (firewall managers, units, logs, files, versions).

To add a form
-------------
A form recognises one kind of output that people paste, and turns it into a reading. The reading has a key that the
host's readers know already.

1. **``pasted/forms/``** needs a function that gets the text and the line at which the output begins. The function
   returns the end of the output, the command that prints it, and its parts. The file's ``FORMS`` also has an anchor: a
   pattern of the output's first line. If a listing does not show a match, the part has a match of the module
   ``unlisted`` instead. If a listing leaves out a whole thing, such as a rule, the thing gets no part. No secret gets
   into a part: of an engine's document, only the fields of the collector's lists get into a part.
2. **``pasted/forms/registry.py``** has the order in which the forms are tried. The strictest forms come first: put the
   new form at its place.
3. **``suppose/told.py``**: for a new key, add the field of the namespace that the key fills. ``suppose/parts.py`` has
   the command that shows a part, and ``suppose/alternatives.py`` has the values that an ordinary host may have there
   instead.
4. **``pasted/asking.py``**: add the command if answers often need it. The script has to fit on one screen.
5. **Tests** in ``tests/pasted/forms/`` show three things: the output of a real tool gives the same values as the
   collector's reading; a damaged output gives fewer values and never a wrong one; a text that only looks similar gives
   nothing.
6. **``docs/pasting.md``** has a row for the output.
"""
