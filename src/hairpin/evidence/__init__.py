"""The readings of hosts, verbatim: their types, their file format, their redaction, and the evidence of several hosts.

Read ``reading`` (the types), ``file`` (the snapshot file, which ``written_file``
writes), ``several`` (the evidence of several hosts), ``renewal`` (replaces some readings by newer readings),
and ``told`` (what a pasted text tells
of a host).
``redact`` is the entry of the redaction.  ``redact`` uses ``redact_text``, ``redact_documents`` and ``redact_own``, and
``address_map`` and ``name_map`` for the new names.
"""
