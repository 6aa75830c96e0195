"""What could not be read: why not, and what that leaves undecided."""

from hairpin.host.host import Unread
from hairpin.message import Message, message
from hairpin.report.words import Words

_UNDECIDED: tuple[tuple[tuple[str, ...], Message], ...] = (
    (("iptables", "nft", "ipset", "ebtables"), message("whether a rule drops or translates packets")),
    (("docker", "podman"), message("which containers run and what they publish")),
    (("namespaces", "netns"), message("what happens inside of containers")),
    (("sockets", "proc-net"), message("which ports somebody listens on")),
    (("sysctl",), message("whether a kernel setting stops packets")),
    (("conntrack",), message("what live connections remember")),
    (("firewalld", "ufw"), message("how the firewall's manager is configured")),
    (("ip-", "bridge"), message("which way packets take")),
)


def left_undecided(unread: Unread) -> Message:
    """Return what cannot be known without it."""
    return next(
        (said for keys, said in _UNDECIDED if unread.key.startswith(keys)), message("details of this host's set-up")
    )


def why_unread(unread: Unread, words: Words) -> str:
    """Return the reason in the reader's language, or the host's own words."""
    return words(unread.reason) if isinstance(unread.reason, Message) else unread.reason
