"""A bundle of supportconfig, as its script writes it, tells the host and its namespaces."""

from pathlib import Path

from hairpin.evidence.reading import HOST
from hairpin.pasted.bundle.read import evidence_in_bundle
from hairpin.pasted.bundle.sections import sections_of
from tests.pasted.bundle.archives import folder_of

COLUMNS = " pkts bytes target     prot opt in     out     source               destination\n"
ROUTES = "default via 198.51.100.1 dev eth0\n198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.11\n"
HEAD = "=====\n                     Support Utilities - Supportconfig\n\n"


def command(line: str, text: str) -> str:
    """Return the section of a command."""
    return f"#==[ Command ]======================================#\n# {line}\n{text}\n"


def file(path: str, text: str) -> str:
    """Return the section of a file."""
    return f"#==[ Configuration File ]===========================#\n# {path}\n{text}\n\n"


LINKS = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    inet 198.51.100.11/24 scope global eth0
"""
NETWORK = (
    HEAD
    + command("/sbin/ip addr", LINKS)
    + command("/sbin/ip route", ROUTES)
    + command("/sbin/ip -6 route", "")
    + command(
        "/sbin/ip route show table local", "local 198.51.100.11 dev eth0 proto kernel scope host src 198.51.100.11\n"
    )
    + command("/sbin/ip route show table main", ROUTES)
    + command("/sbin/ip rule show", "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n")
    + command("/usr/sbin/iptables -t nat -nvL", "Chain PREROUTING (policy ACCEPT 0 packets, 0 bytes)\n" + COLUMNS)
    + command(
        "/usr/sbin/iptables-save -t nat",
        "*nat\n:PREROUTING ACCEPT [0:0]\n"
        "-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n",
    )
    + command("/usr/sbin/wicked show-config", "<interface/>\n")
    + command("conntrack -L", "ERROR: Command not found or not executable\n")
    + file("/etc/hosts", "127.0.0.1 localhost")
    + "#==[ Configuration File ]===========================#\n# /etc/nscd.conf - File not found\n\n"
)
FILES = {
    "scc_h_1/basic-environment.txt": HEAD
    + command("/usr/bin/uname -a", "Linux sles1 6.4.0-150600-default #1 SMP x86_64 GNU/Linux\n"),
    "scc_h_1/network.txt": NETWORK,
    "scc_h_1/network-blue.txt": HEAD
    + command("/sbin/ip netns exec blue ip addr", LINKS.replace("198.51.100.11", "10.0.0.1")),
    "scc_h_1/env.txt": HEAD
    + command("/sbin/sysctl -a", "kernel.sysrq = 184\nnet.ipv4.ip_forward = 1\n")
    + file("/etc/sysctl.conf", "net.ipv4.ip_forward = 0"),
    "scc_h_1/docker.txt": HEAD
    + command(
        "/usr/bin/docker ps --all",
        "CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n"
        + "a" * 12
        + '   nginx   "x"   1 hour ago   Up 1 hour   0.0.0.0:80->80/tcp   web\n',
    )
    + command("/usr/bin/docker logs --timestamps web", "net.ipv4.ip_forward = 7\n"),
    "scc_h_1/podman-alice.txt": HEAD + command("/usr/bin/sudo -u alice podman ps --all --pod", "CONTAINER ID  IMAGE\n"),
}


def test_the_host_is_told(tmp_path: Path) -> None:
    found = evidence_in_bundle(str(folder_of(tmp_path, {name: text.encode() for name, text in FILES.items()})))
    assert (found.hostname, found.kernel) == ("sles1", "6.4.0-150600-default")
    assert set(found.namespaces()) == {HOST, "netns:blue"}
    routes = found.find("ip-route4-text", HOST)
    assert routes is not None
    assert "local 198.51.100.11 dev eth0 proto kernel scope host src 198.51.100.11 table local" in routes.text
    assert routes.text.count("default via") == 1
    rules = found.find("iptables-nft-save4", HOST)
    assert rules is not None
    assert rules.text.count("*nat") == 1
    assert "--to-destination 172.17.0.2:80" in rules.text
    values = found.find("sysctl", HOST)
    assert values is not None
    assert values.text.split() == ["/proc/sys/net/ipv4/ip_forward:1"]  # not what a log says
    assert found.file("/etc/sysctl.conf") is not None
    assert found.file("/etc/nscd.conf") is None
    assert found.find("docker-containers", "") is not None
    assert found.find("podman-containers", "") is None  # another user's engine


def test_one_of_its_files_alone_is_known_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "renamed").write_text(NETWORK)
    found = evidence_in_bundle(str(tmp_path / "renamed"))
    assert found.find("ip-addr-text", HOST) is not None
    assert found.find("iptables-nft-save4", HOST) is not None


def test_sections() -> None:
    found = sections_of(NETWORK)
    assert found[0].command == "/sbin/ip addr"
    assert (
        NETWORK.splitlines()[found[0].line - 1]
        == "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000"
    )
    assert "cat /etc/hosts" in [each.command for each in found]
    assert sections_of("one line\n+1 for this\n+ another\n") == ()
