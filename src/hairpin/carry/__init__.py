"""Runs commands and replaces files on a host.  Other folders decide which; nothing here knows networks.

Read ``act`` (what can be done: a command, a file), ``files`` (replaces a file with all that belongs to it), ``run``
(does either in the namespaces of this process) and ``writer`` (replaces a file for a shell).
"""
