"""Reads support bundles: archives and folders that a tool has filled with the outputs of commands on one host.

``read`` is the entry.  ``files`` returns the files of a bundle within ``limits``, without unpacking
anything to disk.  ``tar`` with ``stream`` (decompression) reads archives; ``files`` itself reads those of zip.
``layouts/`` says which file is the output of which command: one module for each tool, with the types of ``layout``.

These modules turn a file into pieces: ``sections`` (several commands in one file), ``made``, ``host_files`` and
``namespaces`` (to which container a namespace belongs).
"""
