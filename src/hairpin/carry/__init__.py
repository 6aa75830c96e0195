"""Runs commands and replaces files on a host.  Other folders choose the commands and files; this folder knows nothing
of networks.  Read ``act`` (a command, a file), ``files`` (replaces a file with its metadata), ``run`` (does both in the
namespaces of this process) and ``writer`` (replaces a file for a shell).
"""
