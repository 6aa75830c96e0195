"""A table of the kernel is full, or an entry of one decides what becomes of the flow."""
