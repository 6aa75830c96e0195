"""An engine keeps containers and networks apart on purpose.

``_walls`` is about the walls that an engine builds.
"""
