"""The files of CNI that define the networks of an older Podman.  Source: cni.dev/docs/spec"""

import msgspec


class Conflist(msgspec.Struct, frozen=True):
    """The file that defines a network of CNI.  ``plugins``: the types of its plugins, and of their address managers."""

    path: str
    plugins: frozenset[str] = frozenset()
    evidence: str = ""
