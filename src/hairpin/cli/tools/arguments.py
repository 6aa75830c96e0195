"""The arguments of the tools.

msgspec makes each tool's JSON Schema from these types, and checks the arguments that a client sends.

An argument that is not given is empty, never null, because some clients cannot read the schema of a value that may have
two types.

Agents read the descriptions, which are in English like the command line's help.  ``catalogue`` has the command-line
option for each argument.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

_FROM = {"origin": "from"}
LONGEST_TEXT = 4_000_000
"""The greatest number of characters in a pasted text."""
_Word = Annotated[str, Meta(min_length=1, max_length=4096)]
_Targets = Annotated[
    tuple[_Word, ...],
    Meta(
        max_length=32,
        description="Each is 8151, 8151/udp, 8151-8153, ADDRESS:PORT, [IPV6]:PORT, a URL, a container (name, id, "
        "compose service) or CONTAINER:PORT (its own port); @HOST behind it names one of several hosts. None: every "
        "published port and every container's way out, which may be a long answer.",
    ),
]
_Target = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=4096,
        description="8151, 8151/udp, ADDRESS:PORT, [IPV6]:PORT, a URL, CONTAINER:PORT (its own port).",
    ),
]
_ORIGIN = (
    "The sender: an address of a client, outside, host, lan (a neighbour on the link), container:NAME, netns:NAME."
)
_Origin = Annotated[str, Meta(description=_ORIGIN)]
_After = Annotated[
    str, Meta(description="Ask about the time after an event, such as docker-restart, reboot, iptables-flush.")
]
_Public = Annotated[
    tuple[_Word, ...],
    Meta(max_length=32, description="PUBLIC[=PRIVATE]: a public address that a 1:1 NAT gateway maps to the host."),
]
_NoReplica = Annotated[
    bool, Meta(description="Do not repeat flows and proofs in throw-away namespaces (as root hairpin does).")
]
_Verbose = Annotated[bool, Meta(description="Every flow and step in the text.")]


class HostArguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The hosts that a tool examines: those of snapshots first, live ones last.  None: the machine of the server."""

    verbose: _Verbose = False
    snapshots: Annotated[
        tuple[_Word, ...],
        Meta(
            max_length=16,
            description="Files of `hairpin snapshot`; NAME=FILE gives the host a name. The answer is about the host "
            "at that time.",
        ),
    ] = ()
    hosts: Annotated[
        tuple[_Word, ...],
        Meta(
            max_length=16,
            description="USER@HOST, or NAME=USER@HOST: read now over ssh, with the keys and the configuration of the "
            "server's user. Nothing is installed there.",
        ),
    ] = ()


class BundleArguments(HostArguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hosts, also those of support bundles."""

    bundles: Annotated[
        tuple[_Word, ...],
        Meta(
            max_length=16,
            description="Support bundles: a sos report, a supportconfig, Rancher's logs; a file or a folder.",
        ),
    ] = ()


class ToldArguments(BundleArguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hosts, also those of which a text tells."""

    text_files: Annotated[
        tuple[_Word, ...],
        Meta(max_length=16, description="Files with pasted outputs of commands in any text, such as a ticket."),
    ] = ()


class PastedArguments(ToldArguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hosts, also that of a text that is given here."""

    text: Annotated[
        str,
        Meta(
            max_length=LONGEST_TEXT,
            description="Pasted outputs of commands (iptables-save, ip addr, docker ps, docker inspect, ss, sysctl) in "
            "any text: the host is the one that the text tells of. Give it whole, with the commands.",
        ),
    ] = ""


class CheckArguments(PastedArguments, frozen=True, kw_only=True, forbid_unknown_fields=True, rename=_FROM):
    """The arguments of ``check``."""

    targets: _Targets = ()
    origin: _Origin = ""
    after: _After = ""
    public: _Public = ()
    no_replica: _NoReplica = False


class WalkArguments(PastedArguments, frozen=True, kw_only=True, forbid_unknown_fields=True, rename=_FROM):
    """The arguments of ``walk``."""

    target: _Target
    origin: _Origin
    after: _After = ""
    public: _Public = ()


class EventsArguments(PastedArguments, frozen=True, kw_only=True, forbid_unknown_fields=True, rename=_FROM):
    """The arguments of ``events``."""

    targets: _Targets = ()
    origin: _Origin = ""
    public: _Public = ()


class DiffArguments(PastedArguments, frozen=True, kw_only=True, forbid_unknown_fields=True, rename=_FROM):
    """The arguments of ``diff``."""

    targets: _Targets = ()
    origin: _Origin = ""
    public: _Public = ()
    last_good: Annotated[
        bool,
        Meta(description="Compare this machine with its newest kept snapshot in which the flows passed; name no host."),
    ] = False
    alike: Annotated[
        bool, Meta(description="The two hosts should be alike: what is each host's own does not count.")
    ] = False
    no_replica: _NoReplica = False


class ExplainArguments(ToldArguments, frozen=True, kw_only=True, forbid_unknown_fields=True, rename=_FROM):
    """The arguments of ``explain``: a cause, or lines."""

    cause: Annotated[
        str, Meta(pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$", description="A cause's id, as check names it: its page.")
    ] = ""
    text: Annotated[
        str,
        Meta(
            max_length=LONGEST_TEXT,
            description="An error message or log lines. Without it, the lines of text_files are explained.",
        ),
    ] = ""
    origin: Annotated[str, Meta(description="Where it was printed: host, container:NAME, lan, an address.")] = ""


class StoryArguments(BundleArguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The arguments of ``story``."""

    targets: _Targets = ()
    since: Annotated[
        str, Meta(description="2h, 3d, yesterday, '2026-11-20 14:00' (UTC), RFC 3339. Else from the last boot but one.")
    ] = ""


class ProveArguments(HostArguments, frozen=True, kw_only=True, forbid_unknown_fields=True, rename=_FROM):
    """The arguments of ``prove``."""

    target: Annotated[str, Meta(max_length=4096, description="As in check, one. None: every published port.")] = ""
    origin: _Origin = ""
    after: _After = ""
    public: _Public = ()


class MoreArguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The arguments of ``more``."""

    answer: Annotated[str, Meta(pattern=r"^a[1-9][0-9]*$", description="The answer's id, such as a3.")]
    parts: Annotated[
        tuple[_Word, ...],
        Meta(
            min_length=1,
            max_length=32,
            description="Each is a field of the answer's document (flows, causes, evidence, matrix, entries, changes), "
            "a ref in it (c2, f14, e17), or text.",
        ),
    ]
    start: Annotated[
        int, Meta(ge=0, description="The first item of a field, or the first line of the text, that is given; from 0.")
    ] = 0
