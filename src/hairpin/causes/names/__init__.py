"""Names of containers, and the name servers that containers ask.

``_resolving`` makes the change after which an engine's name server resolves another container's name.  It also
says whether a query was for a name server that should run on the host itself.
"""
