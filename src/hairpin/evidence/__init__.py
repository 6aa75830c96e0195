"""What was read, verbatim: its types, its one file format, its redaction, the hosts of one question together.
Read ``reading`` (the types), ``file`` (the snapshot file), ``several`` (many hosts), ``renewal`` (some readings anew).
Redaction: ``redact`` (the entry), ``redact_text``, ``redact_documents``, and the renaming itself in ``address_map`` and
``name_map``.
"""
