"""JSON documents, one for each command.

Read ``head`` (the fields that all documents have), ``document`` (for `hairpin check`) with ``effects_document``,
``blame_document``, ``live_document`` and ``text_document``, ``walk_document``, ``prove_document``, ``events_document``,
``fix_document``, ``undo_document``,
``restore_document``, ``diff_document``, ``story_document``, ``explain_document``,
``expect_document``, ``guard_document``, ``alert_document``, and ``cut`` (a document of a bounded
size).
"""
