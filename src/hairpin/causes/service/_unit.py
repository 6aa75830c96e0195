"""What the causes about units say of a unit's files and its restart."""

from hairpin.causes.kit import Message, Way, message
from hairpin.change.change import Change
from hairpin.host.managers import FilterLine, Unit


def line_with(unit: Unit, key: str) -> FilterLine | None:
    """Return the line of a file that sets the key last; None if hairpin read none."""
    own = unit.network.lines if unit.network is not None else ()
    return next((each for each in reversed(own) if each.text.startswith(key)), None)


def edit_and_restart(unit: Unit, said: Message) -> Way:
    """Return the way that edits a file of the unit and starts the unit again with it."""
    return Way(Change(()), (said,), typed=("systemctl daemon-reload", f"systemctl restart {unit.name}"))


def advice_to_pass_on(port: int, unit: Unit, target: str) -> Message:
    """Return the advice to publish a port of the unit's own network by systemd's proxy."""
    setting = unit.network.setting if unit.network is not None else ""
    joined = f"JoinsNamespaceOf={unit.name}`, `PrivateNetwork=yes"
    return message(
        "if {unit} should keep a network of its own: let systemd listen on port {port} of the host (a socket unit with "
        "`ListenStream={port}`) and pass the connections on. The socket's service needs `{same}` and "
        "`ExecStart=/usr/lib/systemd/systemd-socket-proxyd {target}`",
        unit=unit.name,
        port=port,
        same=setting if setting.startswith("NetworkNamespacePath=") else joined,
        target=target,
    )
