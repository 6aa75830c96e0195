import msgspec

from hairpin.host.link import Link
from hairpin.host.route import FdbEntry
from hairpin.network.own_frames import hands_up, taken_by
from tests.rows import each_row
from tests.small_host import host_namespace

BRIDGE = Link(3, "docker0", "bridge", mac=1)
OWN = FdbEntry("docker0", "docker0", 1, state="permanent", local=True)
PORTS_OWN = FdbEntry("docker0", "veth1", 2, state="permanent", local=True)
LEARNED = FdbEntry("docker0", "veth1", 9)
BY_HAND = FdbEntry("docker0", "veth1", 1, state="static")

# entries; whether frames for the bridge reach it; the entry that takes them
CASES: dict[str, tuple[tuple[FdbEntry, ...], bool, FdbEntry | None]] = {
    "a local entry": ((OWN, PORTS_OWN, LEARNED), True, None),
    "nothing was read": ((), True, None),
    "no local entry was read": ((LEARNED,), True, None),
    "of another bridge": ((FdbEntry("br-1", "br-1", 7, state="permanent", local=True),), True, None),
    "given to a port by hand": ((PORTS_OWN, BY_HAND), False, BY_HAND),
    "by a port that a replica leaves out": (
        (PORTS_OWN, FdbEntry("docker0", "veth0", 1, state="permanent", local=True)),
        True,
        None,
    ),
    "its own entry was deleted": ((PORTS_OWN, LEARNED), False, None),
}


@each_row(("entries", "up", "entry"), CASES.values(), ids=CASES)
def test_a_bridge_hands_up_what_its_database_calls_local(
    entries: tuple[FdbEntry, ...], up: bool, entry: FdbEntry | None
) -> None:
    namespace = msgspec.structs.replace(host_namespace(), fdb=entries)
    assert hands_up(namespace, BRIDGE) is up
    assert taken_by(namespace, BRIDGE) == entry


def test_a_bridge_whose_hardware_address_is_unknown_gets_its_frames() -> None:
    namespace = msgspec.structs.replace(host_namespace(), fdb=(PORTS_OWN,))
    assert hands_up(namespace, msgspec.structs.replace(BRIDGE, mac=None))


def test_a_bridge_that_takes_its_address_from_its_next_port_gets_its_frames() -> None:
    namespace = msgspec.structs.replace(host_namespace(), fdb=(PORTS_OWN,))
    assert hands_up(namespace, msgspec.structs.replace(BRIDGE, mac=0))
