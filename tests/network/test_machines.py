"""Which hosts are one machine that was read twice."""

import msgspec
import pytest

from hairpin.host.host import Host
from hairpin.network.machines import same_machine
from hairpin.network.network import Network
from tests.two_hosts import node


def read(name: str, machine: str, boot: str, snapshot: str = "", *, wired: str | None = None) -> Host:
    """Return a host with these ids; ``wired``: the node whose links, and hardware addresses, it has."""
    host = node(wired) if wired is not None else Host(name, namespaces=())
    ids = {"machine_id": machine or None, "boot_id": boot or None, "snapshot_id": snapshot}
    return msgspec.structs.replace(host, name=name, **ids)


SAME: dict[str, tuple[Host, Host, bool]] = {
    "both ids": (read("a", "m", "b"), read("c", "m", "b"), True),
    "one snapshot": (read("a", "", "", "1"), read("c", "", "", "1"), True),
    "no machine id, one boot": (read("a", "", "b"), read("c", "", "b"), True),
    "another machine id on one kernel": (read("a", "m", "b"), read("c", "m2", "b"), False),
    "after a restart": (read("a", "m", "b", wired="one"), read("c", "m", "b2", wired="one"), True),
    "a copy of the disk": (read("a", "m", "b", wired="one"), read("c", "m", "b2", wired="two"), False),
    "no ids, its uplink": (read("a", "", "", wired="one"), read("c", "", "", wired="one"), True),
    "no ids, another uplink": (read("a", "", "", wired="one"), read("c", "", "", wired="two"), False),
    "a machine id of its own and a hardware address that others have, too": (
        read("a", "m", "b", wired="one"), read("c", "m2", "b2", wired="one"), False,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other", "same"), SAME.values(), ids=SAME)
def test_same_machine(one: Host, other: Host, same: bool) -> None:
    network = Network((one, other))
    assert same_machine(network) == ((one, other) if same else None)
