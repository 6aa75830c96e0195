"""Names of containers, and the name servers that containers ask.

``_resolving`` has the change after which an engine's name server tells one container the name of another.
"""
