"""A host that is the virtual machine of a desktop engine, and the rights of a container in which hairpin runs."""

import msgspec


class Guest(msgspec.Struct, frozen=True):
    """The virtual machine of a desktop engine, into which a program on Windows or macOS forwards ports.

    ``program``: the engine's name as people write it, ``WSL`` for a distribution of its own.  ``mode``: how Windows
    networks WSL: ``nat``, ``mirrored``, ``virtioproxy``, ``none``, ``bridged``; None if that is not known or no WSL.
    """

    program: str
    mode: str | None = None
