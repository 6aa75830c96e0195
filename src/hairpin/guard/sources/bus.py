"""What firewalld and systemd say on the system's bus: a reload, a changed zone, a unit that was started or stopped.

jeepney (the extra ``guard``) reads the bus, and is imported only where there is one.

Source: firewalld.dbus(5), org.freedesktop.systemd1(5)
"""

import importlib
import importlib.util
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from socket import socket
from typing import Any, NamedTuple, Protocol

from hairpin.guard.change import SeenChange
from hairpin.guard.sources.source import Source
from hairpin.message import Message, message

PLACE = Path("/run/dbus/system_bus_socket")
_FIREWALLD = "org.fedoraproject.FirewallD1"
_SYSTEMD = "org.freedesktop.systemd1"
_MANAGER = f"{_SYSTEMD}.Manager"
_RULES = (
    f"type='signal',sender='{_FIREWALLD}'",
    f"type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='{_FIREWALLD}'",
    f"type='signal',sender='{_SYSTEMD}',interface='{_MANAGER}',member='JobRemoved'",
)
_UNITS = frozenset(
    f"{each}.service"
    for each in (
        "docker", "containerd", "podman", "firewalld", "ufw", "nftables", "iptables", "ip6tables", "networking",
        "netfilter-persistent", "NetworkManager", "systemd-networkd", "systemd-sysctl", "fail2ban", "network",
    )
)  # fmt: skip
_OWNED = 3
_INSTALL = "pipx inject hairpin jeepney"
_SOONEST_S, _LATEST_S = 1.0, 30.0


class Signal(NamedTuple):
    """A signal.  ``words``: the strings of its body."""

    interface: str
    member: str
    words: tuple[str, ...]


class BusConnection(Protocol):
    """What is used of jeepney's connection, which has no types."""

    sock: socket
    parser: Any

    def send(self, signal: object, /) -> object:
        """Send a message, and wait for no answer."""

    def close(self) -> None:
        """End the connection."""


class Bus(Source):
    """The system's bus.  ``complaint``: why it is not heard, although there is one; None if it is, or there is none."""

    comes_and_goes = True

    def __init__(self, place: Path = PLACE) -> None:
        self._place = place
        self._connection: BusConnection | None = None
        self._again_s, self._wait_s = 0.0, _SOONEST_S
        self.complaint: Message | None = None
        self._can_read = importlib.util.find_spec("jeepney") is not None
        if place.exists() and not self._can_read:
            self.complaint = message(
                "what firewalld and systemd say on D-Bus cannot be watched: `{command}` installs what is missing",
                command=_INSTALL,
            )

    def descriptors(self) -> tuple[int, ...]:
        """Return the connection's."""
        return (self._connection.sock.fileno(),) if self._connection is not None else ()

    def asked(self, now_s: float) -> Iterator[SeenChange]:
        """Connect, if there is a bus and no connection; yield nothing."""
        if self._connection is None and self._can_read and now_s >= self._again_s and self._place.exists():
            try:
                self._connection = _connect(self._place)
                self._wait_s = _SOONEST_S
            except (OSError, ValueError):
                self._again_s = now_s + self._wait_s
                self._wait_s = min(2 * self._wait_s, _LATEST_S)
        return iter(())

    def heard(self, descriptor: int) -> Iterator[SeenChange]:
        """Yield each signal that counts."""
        del descriptor
        now = time.time()
        for signal in self._signals():
            detail = words_of_signal(signal)
            if detail:
                yield SeenChange("services", now, detail)

    def _signals(self) -> Iterator[Signal]:
        connection = self._connection
        if connection is None:
            return
        try:
            data = connection.sock.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        connection.parser.add_data(data)
        while (found := connection.parser.get_next_message()) is not None:
            signal = _signal(found)
            if signal is not None:
                yield signal

    def close(self) -> None:
        """Leave the bus."""
        if self._connection is not None:
            with suppress(OSError):
                self._connection.close()
            self._connection = None


def _connect(place: Path) -> BusConnection:
    """Return a connection that gets the signals and never blocks.  Raises OSError or ValueError if there is none."""
    jeepney = importlib.import_module("jeepney")
    bus = importlib.import_module("jeepney.bus_messages").message_bus
    found: BusConnection = importlib.import_module("jeepney.io.blocking").open_dbus_connection(f"unix:path={place}")
    for rule in _RULES:
        found.send(bus.AddMatch(rule))
    # systemd tells jobs only to those who ask for it.
    manager = jeepney.DBusAddress("/org/freedesktop/systemd1", _SYSTEMD, _MANAGER)
    ask = jeepney.new_method_call(manager, "Subscribe")
    ask.header.flags |= jeepney.MessageFlag.no_auto_start
    found.send(ask)
    found.sock.setblocking(False)
    return found


def _signal(told: Any) -> Signal | None:
    """Return a message as a signal; None if it is none."""
    jeepney = importlib.import_module("jeepney")
    if told.header.message_type is not jeepney.MessageType.signal:
        return None
    fields, names = told.header.fields, jeepney.HeaderFields
    words = tuple(str(each) for each in told.body if isinstance(each, str))
    return Signal(str(fields.get(names.interface, "")), str(fields.get(names.member, "")), words)


def words_of_signal(signal: Signal) -> str:
    """Return what a signal tells, in the words of who told it; empty if it does not count."""
    words = signal.words
    if signal.interface == "org.freedesktop.DBus":  # the name, its owner before, and its owner now
        return ("firewalld came" if words[-1] else "firewalld went") if len(words) == _OWNED else ""
    if signal.interface == _MANAGER:  # the unit and the result are the last ones
        return f"{words[-2]}: {words[-1]}" if len(words) > 1 and words[-2] in _UNITS else ""
    if signal.interface.startswith(_FIREWALLD):
        return " ".join(("firewalld", signal.member, *words[:3]))
    return ""
