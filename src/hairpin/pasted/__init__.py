"""Makes evidence from pasted text: finds the outputs of commands in any text and turns each into readings.  Pure but
for ``text``, which reads files.

Read ``text`` (the entry), ``lines`` (a text's lines, freed from what the paste has added), ``commands`` (command lines
above their outputs), ``form`` (the types), ``values`` (of unchecked documents), ``forms/`` (one folder for each kind of
what they tell, one module for each family of outputs), ``recognise`` (the search), ``joining`` with ``merging``,
``containers``, ``counted`` (numbers of lines), ``elsewhere`` (outputs of unknown places), ``harmless`` (words of
commands that are kept) and ``secrecy`` (from outputs to readings) and ``listed`` (the list of what was recognised).
``asking`` has the script of `hairpin ask`; ``bundle/`` reads support bundles.
"""
