"""An engine keeps containers and networks apart on purpose.

``_walls`` has the code that the causes about isolation rules share.
"""
