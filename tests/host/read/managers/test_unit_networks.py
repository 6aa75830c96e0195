"""The networks of systemd's units, as ``systemctl show`` has printed them (systemd 252 and 257)."""

from hairpin.evidence.reading import text_reading
from hairpin.host.managers import FilterLine, Unit, UnitNetwork
from hairpin.host.read.engines.placement import places
from hairpin.host.read.managers.unit_filters import lines_of_units
from hairpin.host.read.managers.unit_networks import target_of, with_networks
from hairpin.host.socket import Relay
from tests.rows import each_row
from tests.small_host import WEB

LOCAL = 0x7F000001
PLACES = places(("host\t1\t1\t-\nnetns:pid-361\t7\t361\t-\nnetns:vpn\t8\t-\t-\n",))
HARDENING = "/etc/systemd/system/priv.service.d/hardening.conf"
LINE = FilterLine(HARDENING, 2, "PrivateNetwork=yes", "e7", 1)
PRIVATE = "MainPID=361\nNetns=7\nPrivateNetwork=yes\nNetworkNamespacePath=\nId=priv.service\nJoinsNamespaceOf=\n"
ENDED = "MainPID=0\nPrivateNetwork=yes\nNetworkNamespacePath=\nId=priv.service\nJoinsNamespaceOf=\n"
PROXY = (
    "MainPID=0\nExecStart=/usr/lib/systemd/systemd-socket-proxyd 127.0.0.1:8090\nPrivateNetwork={private}\n"
    "NetworkNamespacePath={path}\nId=prox.service\nTriggeredBy=prox.socket\nJoinsNamespaceOf={joined}\n"
)
UNIT = Unit("priv.service", "active", "enabled")
PROXIES = Unit("prox.service", "inactive", "static")
SOCKETS = ("prox.socket",)
CASES: dict[str, tuple[str, Unit, UnitNetwork | None]] = {
    "its main process runs": (PRIVATE, UNIT, UnitNetwork("PrivateNetwork=yes", "netns:pid-361", (LINE,))),
    "it does not run": (ENDED, UNIT, UnitNetwork("PrivateNetwork=yes", "", (LINE,))),
    "a namespace with a name": (
        ENDED.replace("Path=", "Path=/run/netns/vpn"), UNIT,
        UnitNetwork("NetworkNamespacePath=/run/netns/vpn", "netns:vpn", (LINE,)),
    ),
    "no block is about it": (PRIVATE, Unit("other.service", "active", "enabled"), None),
    "a proxy on the host": (
        PROXY.format(private="no", path="", joined=""), PROXIES,
        UnitNetwork("", "host", (), Relay(4, LOCAL, 8090), SOCKETS),
    ),
    "a proxy that joins a unit that runs": (
        f"{PROXY.format(private='yes', path='', joined='priv.service')}\n{PRIVATE}", PROXIES,
        UnitNetwork("JoinsNamespaceOf=priv.service", "netns:pid-361", (),
                    Relay(4, LOCAL, 8090, netns="netns:pid-361"), SOCKETS),
    ),
    "a proxy that joins a unit that will start with it": (
        f"{PROXY.format(private='yes', path='', joined='priv.service')}\n{ENDED}", PROXIES,
        UnitNetwork("JoinsNamespaceOf=priv.service", ""),
    ),
    "a proxy in a namespace with a name": (
        PROXY.format(private="no", path="/var/run/netns/vpn", joined=""), PROXIES,
        UnitNetwork("NetworkNamespacePath=/var/run/netns/vpn", "netns:vpn", (),
                    Relay(4, LOCAL, 8090, netns="netns:vpn"), SOCKETS),
    ),
}  # fmt: skip


@each_row(("text", "unit", "network"), CASES.values(), ids=CASES)
def test_network_of_a_unit(text: str, unit: Unit, network: UnitNetwork | None) -> None:
    lines = lines_of_units(text_reading(f"{HARDENING}:2:PrivateNetwork=yes\n", "", "e7"))
    (found,) = with_networks((unit,), text_reading(text, "", "e8"), lines, PLACES)
    assert found.network == network


PROGRAM = "/usr/lib/systemd/systemd-socket-proxyd"
TARGETS: dict[str, tuple[str, Relay | None]] = {
    "an address": (f"{PROGRAM} 172.17.0.2:80", Relay(4, WEB, 80)),
    "behind options": (f"{PROGRAM} -c 256 --exit-idle-time=10s 172.17.0.2:8080", Relay(4, WEB, 8080)),
    "without a port": (f"{PROGRAM} 172.17.0.2", Relay(4, WEB, 80)),
    "of IPv6": (f"{PROGRAM} ::1:8090", Relay(6, 1, 8090)),
    "a name": (f"{PROGRAM} web:80", None),
    "a path": (f"{PROGRAM} /run/web.sock", None),
    "nothing": (PROGRAM, None),
    "another program": ("/usr/bin/socat 172.17.0.2:80", None),
}


@each_row(("command", "target"), TARGETS.values(), ids=TARGETS)
def test_target_of_a_proxy(command: str, target: Relay | None) -> None:
    assert target_of(command) == target
