"""Kernel and walk compared.

``compare``: every packet, then every rule's counter. ``shrink``: the smallest case that still differs. ``text``: a
case and a disagreement as text. ``element_rows``: the rows of docs/reference/elements.md that a rule has.
"""
