"""An engine keeps containers and networks apart on purpose.

``_walls`` has the code about an engine's isolation rules.
"""
