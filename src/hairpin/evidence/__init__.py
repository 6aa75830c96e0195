"""The readings of hosts, verbatim: their types, their one file format, their redaction, the evidence of several hosts.
Read ``reading`` (the types), ``json_text`` (repairs it), ``file`` (the snapshot file, put in place by
``written_file``), ``several`` (many hosts), ``renewal`` (replaces some readings by newer ones).  Redaction: ``redact``
(the entry), ``redact_text``, ``redact_documents``, ``redact_own``, and the renaming itself in ``address_map`` and
``name_map``.
"""
