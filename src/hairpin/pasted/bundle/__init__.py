"""Reads support bundles: archives and folders that a tool has filled with the outputs of commands on one host.

``files.py`` gives the files of an archive one by one, within limits and without unpacking anything to disk.
``layouts/`` knows which file is the output of which command, one module a tool.  ``read.py`` is the entry.
"""
