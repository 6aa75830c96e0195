"""Facts that hairpin lacks and that somebody can supply, as data.

The model and the causes say which fact is wanted.  The face says how it is supplied: ``report/wanted.py`` words it for
the command line.  Imports the standard library only, like ``message.py``.
"""

from typing import NamedTuple


class ReadHost(NamedTuple):
    """The readings of the host that has this address, or of a node whose address nobody knows (empty)."""

    address: str


class StatePublic(NamedTuple):
    """That a gateway maps a public address to a host.  ``private`` and ``host`` may be empty: the only ones."""

    public: str
    private: str = ""
    host: str = ""


class StateReturnRoute(NamedTuple):
    """That a router which was not read has a route to this subnet."""

    subnet: str


class AskPort(NamedTuple):
    """The question for a port of this host."""

    port: int
    protocol: str


class AskContainer(NamedTuple):
    """The question for a container's port, by the container's name (empty: by its name, whichever it is)."""

    container: str
    port: int


class AskFrom(NamedTuple):
    """The same question, asked by this client."""

    client: str


Wanted = ReadHost | StatePublic | StateReturnRoute | AskPort | AskContainer | AskFrom
WANTED = (ReadHost, StatePublic, StateReturnRoute, AskPort, AskContainer, AskFrom)
