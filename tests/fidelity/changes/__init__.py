"""The laws of changes on random networks.

Read ``random_change`` (random changes), ``likeness`` (the parts of two readings that must be equal), ``laws`` (the
check of both laws).
"""
