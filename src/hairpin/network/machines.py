"""Which hosts are one machine that was read twice."""

from itertools import combinations

from hairpin.host.host import Host
from hairpin.network.network import Network
from hairpin.network.wires import uplink_macs


def same_machine(network: Network) -> tuple[Host, Host] | None:
    """Return the first two hosts that are one machine, in their order; None if each is another.

    A boot id is drawn at each start, so two equal ones are decisive.  Copies of one disk share their machine id, and a
    machine that has restarted has another boot id: there the hardware addresses of the uplinks decide.
    """
    pairs = combinations((host for host in network.hosts if host.was_read), 2)
    return next(((one, other) for one, other in pairs if _is_same(network, one, other)), None)


def _is_same(network: Network, one: Host, other: Host) -> bool:
    if one.snapshot_id and one.snapshot_id == other.snapshot_id:
        return True
    if one.machine_id and other.machine_id and one.machine_id != other.machine_id:
        return False
    if one.boot_id and one.boot_id == other.boot_id:
        return one.machine_id == other.machine_id
    return bool(uplink_macs(network, one) & uplink_macs(network, other))
