"""Looks at the live host beyond what a snapshot reads.

Read ``connection`` (a real connection of an asked flow, from where it starts).
"""
