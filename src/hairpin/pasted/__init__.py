"""Makes evidence from pasted text: finds the outputs of commands in any text and turns each output into readings.
Pure, except for ``text``, which reads files.

Read ``text`` (the entry), ``lines`` (a text's lines without the characters that pasting has added), ``commands``
(command lines above their outputs), ``form`` (the types), ``values`` (of unchecked documents), ``forms/`` (one folder
for each subject, and one module for each family of outputs), ``recognise`` (the search), ``moments`` (outputs from
after a repair), ``joining`` with ``merging``, ``containers`` and ``counted`` (numbers of lines), ``secrecy`` (secrets
that are never kept) and ``listed`` (the list of recognised outputs).

``asking`` has the script of `hairpin ask`; ``bundle/`` reads support bundles.
"""
