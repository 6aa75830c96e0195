"""Kernel and walk compared.

``compare``: every packet, then every rule's counter.  ``shrink``: the smallest case that still differs.  ``text``: a
case and a disagreement in words.  ``element_rows``: which rows of docs/reference/elements.md a rule has.
"""
