"""Carries out on a host what another part of hairpin decided; decides nothing and knows no network.

Read ``act`` (what can be done: a command, a file) and then ``run`` (does it in the namespaces of this process).
"""
