"""What was read, verbatim: its types, its one file format, its redaction, the hosts of one question together. Read
``reading`` (the types), ``json_text`` (mends it), ``file`` (the snapshot file, put in place by ``written_file``),
``several`` (many hosts), ``renewal`` (some readings anew). Redaction: ``redact`` (the entry), ``redact_text``,
``redact_documents``, ``redact_own``, and the renaming itself in ``address_map`` and ``name_map``.
"""
