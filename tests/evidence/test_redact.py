"""A redacted snapshot of a real Docker host has none of its names, and every reading still agrees with every other."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, ip_address, ip_network
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.evidence import file
from hairpin.evidence.address_map import AddressMap
from hairpin.evidence.name_map import NameMap
from hairpin.evidence.reading import CONTAINER_LOG, Evidence, Reading, is_trace
from hairpin.evidence.redact import RedactedTraces, redact, redact_together
from hairpin.evidence.redact_text import Text
from hairpin.host.read.parse import parse
from hairpin.network.network import Network, Port
from hairpin.network.wires import wires_of
from tests.acceptance.recorded_networks import evidence as of_host
from tests.acceptance.recorded_networks import expected
from tests.rows import each_row
from tests.story.recorded import lab

REAL = file.read(Path(__file__).parent.parent / "fixtures" / "evidence" / "docker-20.10.hpn")
PUBLIC = ("127.", "0.", "255.", "224.", "169.254.169.254", "192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:")
NAMES = (
    "dockerhost",
    "shop-web",
    "shop-db",
    "plain",
    "sidecar",
    "metrics",
    "shopnet",
    "backend",
    "database",
    "corp",
    "www",
)


def everything(evidence: Evidence) -> str:
    return "\n".join(f"{reading.netns} {reading.origin} {reading.text}" for reading in evidence.readings)


def addresses_in(text: str) -> Iterator[str]:
    """Yield every address in the text, except documentation addresses and those with a meaning of their own."""
    for token in re.findall(
        r"(?<![\w.:])(?:[0-9]+(?:\.[0-9]+){3}|[0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*)(?![\w:]|\.\d)", text
    ):
        try:
            address = ip_address(token)
        except ValueError:
            continue
        if int(address) > 1 and not address.is_multicast and not str(address).startswith(PUBLIC):
            yield token


@pytest.mark.parametrize("key", (b"1", b"2", b"3"))
def test_no_original_address_is_left(key: bytes) -> None:
    redacted = everything(redact(REAL, key))
    for address in set(addresses_in(everything(REAL))):
        if str(address).startswith("fe80::") or address.endswith("::"):
            continue  # the prefixes of link-local and unique local addresses stay
        assert not re.search(rf"(?<![\w.:]){re.escape(address)}(?![\w:]|\.\d)", redacted) or _renames_of_another(
            address
        )


def _renames_of_another(address: str) -> bool:
    """Return whether the address is in a private range that stays: another one may have been renamed to it."""
    return any(
        ip_address(address) in ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "fd00::/8", "fe80::/64")
    )


def test_no_name_id_or_mac_address_is_left() -> None:
    before, after = everything(REAL), everything(redact(REAL))
    for name in NAMES:
        assert name in before + REAL.hostname
        assert not re.search(rf"(?<![\w-]){name}(?![\w-])", after)
    for pattern in (r"\b[0-9a-f]{64}\b", r"\bbr-[0-9a-f]{12}\b", r"\b02:42(?::[0-9a-f]{2}){4}\b"):
        originals = set(re.findall(pattern, before))
        assert originals
        assert not originals & set(re.findall(pattern, after))
    assert redact(REAL).hostname != REAL.hostname


def test_the_key_decides_and_is_drawn_anew() -> None:
    assert redact(REAL, b"k") == redact(REAL, b"k")
    assert redact(REAL) != redact(REAL)


def test_every_reading_keeps_its_place() -> None:
    after = redact(REAL)
    for old, new in zip(REAL.readings, after.readings, strict=True):
        assert (old.id, old.key, old.at, old.status, old.outcome) == (new.id, new.key, new.at, new.status, new.outcome)
        assert old.text.count("\n") == new.text.count("\n")
        assert (old.netns == "host") == (new.netns == "host")
    assert len(after.namespaces()) == len(REAL.namespaces())


def links(evidence: Evidence, netns: str) -> list[dict[str, object]]:
    reading = evidence.find("ip-addr", netns)
    assert reading is not None
    return msgspec.json.decode(reading.text, type=list[dict[str, object]])


@pytest.mark.parametrize("key", (b"1", b"2", b"3", b"4"))
def test_subnets_routes_and_broadcasts_agree_after_renaming(key: bytes) -> None:
    """Each interface's connected route, broadcast address and engine subnet are still its own."""
    after = redact(REAL, key)
    routes = after.find("ip-route4", "host")
    networks = after.find("docker-networks", "")
    assert routes is not None
    assert networks is not None
    seen = 0
    for link in links(after, "host"):
        for entry in msgspec.convert(link["addr_info"], list[dict[str, object]]):
            if entry["family"] != "inet" or link["ifname"] == "lo":
                continue
            net = ip_network(f"{entry['local']}/{entry['prefixlen']}", strict=False)
            assert f'"dst":"{net}"' in routes.text
            if "broadcast" in entry:
                assert entry["broadcast"] == str(net.broadcast_address)
            if link["ifname"] != "eth0":
                assert f'"Subnet":"{net}"' in networks.text
            seen += 1
    assert seen >= 4


def test_rules_sets_and_containers_name_the_same_addresses() -> None:
    after = redact(REAL)
    rules, containers = after.find("iptables-nft-save4", "host"), after.find("docker-containers", "")
    assert rules is not None
    assert containers is not None
    targets = re.findall(r"--to-destination ([0-9.]+):80$", rules.text, re.MULTILINE)
    assert targets
    for target in targets:
        assert f'"IPAddress":"{target}"' in containers.text


@settings(max_examples=20)
@given(key=st.binary(min_size=1, max_size=4))
def test_ranges_in_rules_keep_their_order(key: bytes) -> None:
    after = everything(redact(REAL, key))
    for form, size in ((r"--src-range ([0-9.]+)-([0-9.]+)", 83), (r'"range": \["([0-9.]+)", "([0-9.]+)"\]', 6)):
        ranges = re.findall(form, after)
        assert len(ranges) == len(re.findall(form, everything(REAL))) > 0
        assert {int(IPv4Address(last)) - int(IPv4Address(first)) for first, last in ranges} == {size}


def one(key: str, text: str, origin: str = "x", netns: str = "") -> Evidence:
    return msgspec.structs.replace(REAL, readings=(Reading("e1", key, netns, origin, "t", 0, "text", text),))


def text_of(evidence: Evidence) -> str:
    return redact(evidence, b"k").readings[0].text


BY_KIND: dict[str, tuple[Evidence, str]] = {
    "uname": (one("versions", "Linux dockerhost 6.18.0 #1 SMP x86_64\n", "uname -a"),
              r"Linux (?!dockerh)\w{10} 6\.18\.0 #1 SMP x86_64\n"),
    "version numbers": (one("packages", "ii  iproute2 6.1.0.3\n"), r"ii  iproute2 6\.1\.0\.3\n"),
    "hosts": (one("file", "10.1.2.3\tweb1.corp.example web1 # ann\n::1 localhost\n", "/etc/hosts"),
              r"10\.[0-9.]+\t(?!web1)\w{3}1\.\w{4}\.\w{7} (?!web1)\w{3}1 #\n::1 localhost\n"),
    "resolv.conf": (one("file", "search corp.example\nnameserver 127.0.0.53\noptions edns0\n", "/etc/resolv.conf"),
                    r"search (?!corp)\w{4}\.\w{7}\nnameserver 127\.0\.0\.53\noptions edns0\n"),
    "cloud": (one("dmi", "sys_vendor:Amazon EC2\nchassis_asset_tag:Amazon EC2\n"),
              r"sys_vendor:Amazon EC2\nchassis_asset_tag:Amazon EC2\n"),
    "inventory": (one("dmi", "chassis_asset_tag:AB-77\n"), r"chassis_asset_tag:(?!AB)[A-Z]{2}-77\n"),
    "ufw comment": (one("ufw-rules", "### tuple ### allow any 22 any 0.0.0.0/0 in comment=616263\n"),
                    r".* in comment=72\n"),
    "hexadecimal": (one("proc-net-tcp", "0: 0203010A:1F90 00000000:0000 0A\n"),
                    r"0: (?!0203010A)[0-9A-F]{6}0A:1F90 00000000:0000 0A\n"),
    "rules keep words": (one("iptables-nft-save4", "-A dockerhost -j ACCEPT\n"), r"-A dockerhost -j ACCEPT\n"),
    "prose does not": (one("klog", "dockerhost said dockerhost\n"), r"(?!dockerhost)(\w{10}) said \1\n"),
}  # fmt: skip


@each_row(("evidence", "pattern"), BY_KIND.values(), ids=BY_KIND)
def test_each_kind_of_text_is_read_in_its_own_way(evidence: Evidence, pattern: str) -> None:
    assert re.fullmatch(pattern, text_of(evidence), re.DOTALL)


def joined(hosts: tuple[Evidence, ...]) -> list[tuple[str, str]]:
    """Return which links are joined, and why, without the hosts' names."""
    network = Network(tuple(map(parse, hosts)))
    ports = [Port(netns, link.name) for netns, each in network.namespaces() if netns.is_host for link in each.links]
    return [(port.link, f"{wire.far.link} {wire.reason}") for port in ports for wire in wires_of(network, port)]


@pytest.mark.parametrize("name", ("healthy-bridge-vxlan", "healthy-three-nodes", "healthy-same-private-subnet"))
def test_hosts_that_are_redacted_together_still_join(name: str) -> None:
    hosts = tuple(of_host(name, host) for host in expected()[name].hosts)
    assert joined(redact_together(hosts)) == joined(hosts)


def test_names_that_several_hosts_share_are_renamed_alike() -> None:
    one, other = (msgspec.structs.replace(REAL, hostname=name) for name in ("dockerhost", "otherhost"))
    first, second = redact_together((one, other), b"k")
    assert first.readings == second.readings
    assert first.hostname != second.hostname


def test_the_machine_is_renamed_and_stays_a_machine() -> None:
    ids = (("machine-id", "0123456789abcdef0123456789abcdef\n"), ("boot-id", "01234567-89ab-cdef-0123-456789abcdef\n"))
    host = Evidence(
        "s",
        "h",
        "",
        "web1",
        "6.1",
        tuple(Reading(f"e{n}", k, "", k, "", 0, "text", t) for n, (k, t) in enumerate(ids, 1)),
    )
    for before, after in zip(host.readings, redact(host).readings, strict=True):
        assert before.text != after.text
        assert re.fullmatch(re.sub("[0-9a-f]", "[0-9a-f]", before.text), after.text)


NAMES_REDACT_TRACES = NameMap(b"k")
ANN = NAMES_REDACT_TRACES.name("ann")
TEXTS: dict[str, tuple[str, str, str]] = {
    "sudo": (
        "trace-logins", '{"MESSAGE":"   ann : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/nft -f /srv/ann/x"}',
        '{"MESSAGE":"   %s : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/nft -f /srv/%s/x"}',
    ),
    "sshd": ("trace-logins", "Accepted publickey for ann from x port 5", "Accepted publickey for %s from x port 5"),
    "a session": (
        "trace-logins", "session opened for user root(uid=0) by ann(uid=1000)",
        "session opened for user root(uid=0) by %s(uid=1000)",
    ),
    "cron": ("trace-cron", "(ann) CMD (/opt/x)", "(%s) CMD (/opt/x)"),
    "apt": ("trace-packages", "Requested-By: ann (1000)", "Requested-By: %s (1000)"),
    "stat": ("trace-files", "1 2 3 ann /etc/x", "1 2 3 %s /etc/x"),
    "auditd": ("trace-audit", 'auid=1000 AUID="ann" UID="root"', 'auid=1000 AUID="%s" UID="root"'),
    "doas": ("trace-logins", "ann ran command nft as root", "%s ran command nft as root"),
    "no user": ("trace-units", "Started firewalld.service.", "Started firewalld.service."),
    "a version of four parts": ("trace-packages", "upgrade x 1.2.3.4 1.2.3.5", "upgrade x 1.2.3.4 1.2.3.5"),
}  # fmt: skip


def redacted(key: str, text: str) -> str:
    """Return the text of the reading renamed."""
    traces = RedactedTraces(NAMES_REDACT_TRACES, Text(AddressMap(b"k"), NAMES_REDACT_TRACES, frozenset()))
    return traces.redact(Reading("e1", key, "", "journalctl", "t", 0, "text", text))


@each_row(("key", "text", "expected"), TEXTS.values(), ids=TEXTS)
def test_users(key: str, text: str, expected: str) -> None:
    assert redacted(key, text) == expected.replace("%s", ANN)


def test_hosts_that_commands_and_errors_name() -> None:
    said = "COMMAND=/usr/bin/curl -o /etc/x https://nginx.example.org:8443/x http://localhost/ http://192.0.2.7/"
    text = redacted("trace-logins", f"{said} nginx")
    assert "example" not in text
    assert text.endswith(" nginx")  # the program is no host
    assert "http://localhost/" in text
    assert ":8443/x" in text
    error = redacted("trace-engines", "dial tcp: lookup registry.example.org on 192.0.2.53:53: no such host")
    assert "registry" not in error
    assert error.endswith(": no such host")
    assert (
        redacted("trace-logins", "http://nginx.example.org/") in f"{text} http://{text.split('://')[1].split(':')[0]}/"
    )


def test_the_ids_of_boots_stay_equal() -> None:
    boot = "0123456789abcdef0123456789abcdef"
    listed, entry = redacted("trace-boots", f" 0 {boot} Thu"), redacted("trace-units", f'{{"_BOOT_ID":"{boot}"}}')
    fresh = listed.split()[1]
    assert fresh != boot
    assert entry == f'{{"_BOOT_ID":"{fresh}"}}'


def test_nothing_of_the_recorded_host_is_left() -> None:
    whole = "".join(f"{each.origin}{each.text}" for each in redact(lab(), b"key").readings)
    assert not any(word in whole for word in ("alice", "lab-host", "695b63da8cdb464e98425ca47bc2fe97"))
    plain = "".join(each.text for each in lab().readings)
    assert "alice" in plain
    assert all(is_trace(each.key) for each in lab().readings)


def test_the_log_of_a_container_is_renamed() -> None:
    lines = (
        "lookup vault.corp.example.org on 127.0.0.11:53: no such host",
        "nc: bad address 'warehouse'",
        "GET http://intra.corp.example.org/x by anna@corp.example.org from 10.1.2.3",
        "shop-db: connection refused",
        "unknown directive in /etc/nginx/nginx.conf:3",
    )
    text = "".join(f"2026-11-28T22:13:19.4Z {each}\n" for each in lines)
    log = Reading("e99", CONTAINER_LOG, "container:shop-web", f"docker logs {'ab12' * 16}", "", 0, "text", text)
    found = redact(msgspec.structs.replace(REAL, readings=(*REAL.readings, log)))
    (renamed,) = found.all(CONTAINER_LOG)
    whole = f"{renamed.netns} {renamed.origin} {renamed.text}"
    for name in ("vault", "corp", "warehouse", "anna", "intra", "10.1.2.3", "shop-db", "shop-web", "ab12" * 16):
        assert name not in whole, name
    told = renamed.text.splitlines()
    assert re.fullmatch(r"2026-11-28T22:13:19.4Z lookup [a-z.]+ on 127.0.0.11:53: no such host", told[0])
    assert re.fullmatch(r"2026-11-28T22:13:19.4Z nc: bad address '[a-z]+'", told[1])
    assert told[4].endswith("unknown directive in /etc/nginx/nginx.conf:3")
    assert renamed.netns in {each.netns for each in found.readings if each.key == "ip-addr"}


@each_row(("name", "kept"), (
    ("cni-3f1d", "cni-"), ("lb_abcdef", "lb_"), ("1-abcdef", "1-"), ("ingress_sbox", "ingress_sbox"), ("worker", ""),
))  # fmt: skip
def test_the_name_of_a_namespace_is_renamed_and_tells_who_made_it(name: str, kept: str) -> None:
    (reading,) = redact(one("ip-neigh", "[]", netns=f"netns:{name}"), b"k").readings
    assert reading.netns.startswith(f"netns:{kept}")
    assert (reading.netns == f"netns:{name}") == (kept == name)


GUESTS = {
    "a lease of dnsmasq": "1796050719 9a:10:f3:2c:b0:95 10.0.3.142 secretvm 01:9a:10:f3:2c:b0:95",
    "a lease of libvirt": '[{"ip-address": "192.168.122.187", "hostname": "secretvm"}]',
    "a domain": '[{"domain": "secretvm", "macs": ["52:54:00:ab:9e:11"]}]',
    "machined": "NAME=secretvm\nLEADER=4",
    "a control group": "55\t0::/lxc.payload.secretvm/init",
}


def test_a_network_of_libvirt_has_another_name() -> None:
    path = "/etc/libvirt/qemu/networks/secretnet.xml"
    told = Reading(
        "e1", "guest-networks", "", "/x", "", 0, "text", f"{path}:<name>secretnet\n{path}:<bridge name='virbr1'/>"
    )
    (found,) = redact(msgspec.structs.replace(REAL, readings=(*REAL.readings, told))).readings[-1:]
    assert "secretnet" not in found.text
    assert found.text.count("virbr1") == 1


@pytest.mark.parametrize("text", GUESTS.values(), ids=GUESTS)
def test_guests_have_other_names(text: str) -> None:
    told = Reading("e1", "guests", "", "/x", "", 0, "text", text)
    (found,) = redact(msgspec.structs.replace(REAL, readings=(*REAL.readings, told))).readings[-1:]
    assert "secretvm" not in found.text
    assert found.text
