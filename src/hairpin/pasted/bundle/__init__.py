"""Reads support bundles: archives and folders that a tool has filled with the outputs of commands on one host.

``host`` is the entry, with ``read``.  ``files`` gives the files of an archive one by one, within ``limits`` and without
unpacking anything to disk: of a ``folder``, of ``tar`` with ``stream`` (decompression), of ``zip_files``.  ``layouts/``
knows which file is the output of which command, one module a tool, in the types of ``layout``.

A file becomes pieces by ``sections`` (several commands in one file), ``made``, ``routes``, ``tables``, ``host_files``
and ``namespaces`` (whose namespace it is).  ``cleaned`` knows the marks of ``sos clean``.
"""
