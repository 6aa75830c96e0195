"""Notes about a host that is the virtual machine of a desktop engine.

The programs that forward packets into it are not visible.

Source: microsoft/WSL#10494 and the issues that refer to it, #11034 (only localhost is forwarded unless
hostAddressLoopback is set), #10632 (ignoredPorts); moby libnetwork/drivers/bridge/internal/iptabler/wsl2.go.
"""

from collections.abc import Iterator

from hairpin.beside.inquiry import Inquiry
from hairpin.host.host import Host
from hairpin.host.managers import Guest
from hairpin.host.read.managers.desktop import WSL
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import Network

_FROM_WINDOWS = "loopback0"


def notes(inquiry: Inquiry) -> Iterator[Message]:
    """Yield the notes about a question."""
    yield from desktop_notes(inquiry.network, inquiry.flows)


def desktop_notes(network: Network, flows: tuple[Flow, ...]) -> tuple[Message, ...]:
    """Return the notes about the hosts that are virtual machines of desktop engines."""
    port = next((str(each.dport) for each in flows if each.dport), "PORT")
    return tuple(
        note for host in network.hosts if host.guest is not None for note in _of(network, host, host.guest, port)
    )


def _of(network: Network, host: Host, guest: Guest, port: str) -> Iterator[Message]:
    if guest.program == WSL and guest.mode == "mirrored":
        yield _mirrored_mode(network, host, port)
    elif guest.program == WSL:
        yield message(
            "this host is a distribution in WSL, and hairpin checks packets only inside WSL. It cannot see what "
            "forwards packets from Windows into WSL: Windows forwards only its own localhost, and other machines do "
            "not reach this host's addresses. Check on Windows: `curl.exe http://localhost:{port}`, `netstat -ano | "
            "findstr :{port}`, `netsh interface portproxy show all`, and its firewall",
            port=port,
        )
    else:
        yield message(
            "this host is the virtual machine of {program}, and hairpin checks packets only inside this VM. It cannot "
            "see what forwards packets from Windows or macOS into the VM. Check there: `curl http://localhost:{port}`, "
            "whether another program has the port (macOS: `lsof -nP -i :{port}`, Windows: `netstat -ano | findstr "
            ":{port}`), and that system's firewall. Restarting {program} starts a new forwarder",
            program=guest.program, port=port,
        )  # fmt: skip
        if guest.mode == "mirrored":
            yield _mirrored_mode(network, host, port)


def _mirrored_mode(network: Network, host: Host, port: str) -> Message:
    if _returns_from_windows(network, host):
        return message(
            "WSL has networkingMode=mirrored: Windows and this host share their addresses. docker-proxy takes "
            "connections from Windows to localhost, because dockerd has made the rule of {link} for this. That is "
            "right. Connections from Windows to another address than localhost need hostAddressLoopback=true below "
            "[experimental] of .wslconfig. hairpin cannot see what Windows does: check there `curl.exe "
            "http://localhost:{port}` and the firewall of Windows",
            link=_FROM_WINDOWS, port=port,
        )  # fmt: skip
    return message(
        "WSL has networkingMode=mirrored: Windows and this host share their addresses. A connection from Windows to "
        "localhost:{port} comes in through {link} for 127.0.0.1. No rule here keeps this connection for docker-proxy, "
        "so a DNAT rule sends it to the container, and the container's answer has no way back (microsoft/WSL#10494). "
        "Other machines are not affected. A newer Docker with docker-proxy makes such a rule. Otherwise set "
        "ignoredPorts={port} below [experimental] of .wslconfig, or networkingMode=nat, then run `wsl --shutdown`",
        link=_FROM_WINDOWS, port=port,
    )  # fmt: skip


def _returns_from_windows(network: Network, host: Host) -> bool:
    """Return whether a rule of the host exempts packets from loopback0 from the translation to containers."""
    if host.netns not in network:
        return False
    rules = (
        rule for table in network.namespace(host.netns).ruleset.tables for each in table.chains for rule in each.rules
    )
    return any(_FROM_WINDOWS in each.text for each in rules)
