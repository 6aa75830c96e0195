from hairpin.change.simulation.sysctls import with_sysctl
from hairpin.host.sysctl import Path, Sysctls
from tests.rows import each_row

OFF: dict[Path, str] = {
    ("net", "ipv4", "ip_forward"): "0",
    ("net", "ipv4", "conf", "all", "forwarding"): "0",
    ("net", "ipv4", "conf", "default", "forwarding"): "0",
    ("net", "ipv4", "conf", "eth0", "forwarding"): "1",
    ("net", "ipv4", "conf", "eth0", "rp_filter"): "2",
    ("net", "ipv4", "conf", "all", "accept_redirects"): "1",
    ("net", "ipv6", "conf", "all", "forwarding"): "0",
    ("net", "ipv6", "conf", "eth0", "forwarding"): "0",
    ("net", "ipv6", "conf", "eth1", "forwarding"): "1",
}


def four(name: str) -> Path:
    return ("net", "ipv4", "conf", name, "forwarding")


IP_FORWARD: Path = ("net", "ipv4", "ip_forward")
ON = {IP_FORWARD: "1", four("all"): "1", four("default"): "1", ("net", "ipv4", "conf", "all", "accept_redirects"): "0"}

# path, value, what differs afterwards
CASES: dict[str, tuple[Path, str, dict[Path, str]]] = {
    "ip_forward on": (IP_FORWARD, "1", ON),
    "ip_forward with the same value changes nothing": (IP_FORWARD, "0", {}),
    "conf.all.forwarding is the same value": (four("all"), "1", ON),
    "one interface": (four("eth0"), "0", {four("eth0"): "0"}),
    "another value of an interface": (
        ("net", "ipv4", "conf", "eth0", "rp_filter"), "1", {("net", "ipv4", "conf", "eth0", "rp_filter"): "1"},
    ),
    "ipv6": (
        ("net", "ipv6", "conf", "all", "forwarding"),
        "1",
        {("net", "ipv6", "conf", name, "forwarding"): "1" for name in ("all", "eth0")},
    ),
    "ipv6 with the same value reaches every interface, too": (
        ("net", "ipv6", "conf", "all", "forwarding"), "0", {("net", "ipv6", "conf", "eth1", "forwarding"): "0"},
    ),
    "a value that was not read": (("net", "x"), "1", {("net", "x"): "1"}),
}  # fmt: skip


@each_row(("path", "value", "changed"), CASES.values(), ids=CASES)
def test_written(path: Path, value: str, changed: dict[Path, str]) -> None:
    after = with_sysctl(Sysctls(OFF, "e1"), path, value)
    assert {key: text for key, text in after.values.items() if OFF.get(key) != text} == changed
    assert after.evidence == "e1"


def test_switching_off_reaches_every_interface() -> None:
    on = Sysctls({**OFF, **ON})
    after = with_sysctl(on, IP_FORWARD, "0")
    assert [after.text(*four(name)) for name in ("all", "default", "eth0")] == ["0", "0", "0"]
    assert after.text("net", "ipv4", "conf", "all", "accept_redirects") == "1"
