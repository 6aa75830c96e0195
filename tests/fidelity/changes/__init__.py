"""The laws of changes on random networks.

Read ``drawn`` (random changes), ``likeness`` (what two readings have in common), ``laws`` (both laws, held).
"""
