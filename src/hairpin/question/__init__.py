"""What is asked.  Pure: texts come in as the rim has read them.

Read ``target`` (reads TARGET and WHERE), ``standpoints`` (the clients that a host has), ``flows`` (which flows a
question means on a network), ``outside`` (the stated world) and ``question`` (all of it in one value).
"""
