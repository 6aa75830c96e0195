"""Runs commands and replaces files on a host.  Other folders decide which; nothing here knows networks.

Read ``act`` (what can be done: a command, a file) and then ``run`` (does it in the namespaces of this process).
"""
