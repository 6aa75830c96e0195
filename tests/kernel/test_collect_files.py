"""Configuration files under another root: which are read, in which order, and which of their values are not."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.collect.run import LocalRunner, collect, script
from hairpin.evidence.reading import NOT_JSON, Evidence

HIDDEN = "hunter2"

CARD = {"ipv4-associations": {"203.0.113.11": "10.100.3.4"}, "owner-id": HIDDEN}

FILES = {
    "etc/hosts": "127.0.0.1 localhost",  # no newline at its end
    "etc/sysctl.conf": "net.ipv4.ip_forward=0\nnet.ipv6.conf.all.stable_secret=::hunter2\n",
    "etc/sysctl.d/10-z.conf": "a=1\n",
    "etc/sysctl.d/50-same.conf": "a=etc\n",
    "run/sysctl.d/50-same.conf": "a=run\n",
    "usr/lib/sysctl.d/50-same.conf": "a=lib\n",
    "usr/lib/sysctl.d/05-first.conf": "a=0\n",
    "etc/nftables.conf": "flush ruleset\n",
    "etc/nftables/main.nft": """include "/etc/firewall/*.nft"
table inet t {
    include "local/sets.conf"
}
# include "/etc/firewall.off/no.nft"
include "/etc/shadow"
include "/etc/nftables/../shadow.conf"
include "/root/secret.nft"
include "/etc/nftables/other.nft"
""",
    "etc/nftables/other.nft": "add table ip other\n",
    "etc/firewall/a.nft": "add table ip a\n",
    "etc/firewall/b c.nft": "add table ip b\n",
    "etc/firewall.off/no.nft": "add table ip no\n",
    "etc/local/sets.conf": "set s { type ipv4_addr; }\n",
    "etc/shadow": f"root:{HIDDEN}\n",
    "etc/shadow.conf": f"root:{HIDDEN}\n",
    "root/secret.nft": f"{HIDDEN}\n",
    "etc/iptables/rules.v4": "*filter\nCOMMIT\n",
    "etc/iptables/rules.empty": "",
    "etc/firewalld/zones/public.xml": '<zone>\n  <service name="samba"/><service name="own"/>\n</zone>\n',
    "etc/firewalld/services/own.xml": '<service><module name="nf_conntrack_ftp"/></service>\n',
    "usr/lib/firewalld/zones/drop.xml": "<zone/>\n",
    "usr/lib/firewalld/policies/allow.xml": "<policy/>\n",
    "usr/lib/firewalld/services/samba.xml": '<service>\n  <include service="netbios-ns"/>\n</service>\n',
    "usr/lib/firewalld/services/netbios-ns.xml": '<service><helper name="netbios-ns"/></service>\n',
    "usr/lib/firewalld/services/unused.xml": "<service/>\n",
    "usr/lib/firewalld/helpers/netbios-ns.xml": "<helper/>\n",
    "usr/lib/firewalld/helpers/ftp.xml": "<helper/>\n",
    "etc/ufw/ufw.conf": "ENABLED=yes\n",
    "etc/ufw/before.init": "#!/bin/sh\n",
    "etc/ufw/after.init": f"#!/bin/sh\ncurl {HIDDEN}\n",
    "etc/keepalived/keepalived.conf": f"""! 192.0.2.90
vrrp_instance V {{
  interface eth0  # virtual_ipaddress
  authentication {{ auth_type PASS
    auth_pass {HIDDEN} }}
  virtual_ipaddress {{
    192.0.2.50/24 dev eth0 label eth0:1
    # 192.0.2.91
    2001:db8::50
    $VIP
  }}
  virtual_routes {{ 192.0.2.92/32 via 192.0.2.1 }}
  virtual_ipaddress_excluded {{ 192.0.2.51 }}
}}
virtual_server 192.0.2.93 80 {{ delay_loop 6 }}
""",
    "var/lib/pacemaker/cib/cib.xml": f"""<primitive class="stonith" id="f" type="fence_ipmilan">
  <nvpair id="a" name="ip" value="192.0.2.94"/><nvpair id="b" name="passwd" value="{HIDDEN}"/>
</primitive>
<primitive class="ocf" id="vip" provider="heartbeat" type="IPaddr2">
  <nvpair id="c" name="ip" value="192.0.2.52"/>
</primitive>
""",
    "etc/ha.d/haresources": "node1 192.0.2.53 IPaddr::192.0.2.54/24/eth0 httpd\n",
    "etc/ucarp/vip-001.conf": f'ID=001\nVIP_ADDRESS="192.0.2.55"\nPASSWORD="{HIDDEN}"\n',
    "etc/frr/frr.conf": "password x\ninterface eth0\n vrrp 5 version 3\n vrrp 5 ip 192.0.2.56\n",
    "etc/default/vip-manager.yml": f"ip: 192.0.2.57\nnetmask: 24\netcd-password: {HIDDEN}\n",
    "etc/pgpool2/pgpool.conf": f"# delegate_ip = '192.0.2.95'\ndelegate_ip = '192.0.2.58'\npcp_pass = '{HIDDEN}'\n",
    "etc/os-release": "ID=debian\n",
    "etc/docker/daemon.json": json.dumps(
        {"userland-proxy": False, "bip": "10.9.0.1/24", "proxies": {"http-proxy": HIDDEN}, "log-opts": {"k": HIDDEN}}
    ),
    "etc/network/interfaces": f"auto eth0\niface eth0 inet static\n  address 192.0.2.1/24\n  wpa-psk {HIDDEN}\n"
    "  post-up iptables -A FORWARD -j ACCEPT\n",
    "etc/netplan/01.yaml": f"network:\n  wifis:\n    w0:\n      access-points:\n        home:\n"
    f"          password: {HIDDEN}\n      addresses:\n        - 192.0.2.3/24\n        - {HIDDEN}\n",
    "etc/systemd/network/wg.netdev": f"[NetDev]\nKind=wireguard\n[WireGuard]\nPrivateKey={HIDDEN}\n# {HIDDEN}\n",
    "etc/NetworkManager/system-connections/w": f"[wifi-security]\npsk={HIDDEN}\n[ipv4]\nmethod=auto\n",
    "etc/cron.d/x": f"* * * * * root iptables -F\n* * * * * root curl {HIDDEN}\n",
    "etc/cron.d/fw": "PATH=/usr/local/sbin:/sbin\n0 3 * * * root /opt/fw.sh >/dev/null 2>&1\n",
    "etc/cron.d/plain": "0 4 * * * root bash /root/bin/plain >> /var/log/plain.log\n",
    "root/bin/plain": "iptables -t nat -F\n",
    "var/log/plain.log": "iptables -F was run\n",
    "etc/cron.weekly/sec": "#!/bin/sh\nexec /opt/sec/harden --all\n",
    "opt/sec/harden": '#!/bin/sh\nIPT="/sbin/iptables"\n$IPT -F FORWARD\n$OTHER -F\n/opt/sec/deeper\n',
    "opt/sec/deeper": "#!/bin/sh\nnft flush ruleset\n/opt/sec/deepest\n",
    "opt/sec/deepest": "#!/bin/sh\nnft flush ruleset\n",
    "opt/fw.sh": f"#!/bin/sh\niptables -F FORWARD\niptables -A INPUT -s $(curl {HIDDEN})\n",
    "etc/rc.local": f"#!/bin/sh\nip route add 10.0.0.0/8 via 192.0.2.1\nip route add $(curl {HIDDEN})\n",
    "etc/systemd/system/fw.service": "[Service]\nExecStart=-/sbin/iptables -P FORWARD DROP\nExecStop=iptables -F\n",
    "etc/systemd/system/fw.service.d/more.conf": f'[Service]\nExecStartPost=/bin/sh -c "sysctl -w a={HIDDEN} --user"\n',
    "etc/systemd/system/script.service": "[Service]\nExecStart=/bin/sh -e /usr/local/sbin/fw start\n",
    "etc/systemd/system/nightly.timer": "[Timer]\n",
    "usr/lib/systemd/system/nightly.service": "[Service]\nExecStart=sysctl -p /etc/a.conf\n",
    "etc/systemd/system/unused.service": "[Service]\nExecStart=/sbin/iptables -F\n",
    "etc/systemd/system/app.service": f"[Service]\nExecStart=/opt/app --password {HIDDEN}\n",
    "etc/systemd/system/early.service": "[Service]\nExecStart=/bin/run-parts /etc/ufw\n",
    "usr/local/sbin/fw": f"#!/bin/sh\n# iptables -F\nTOKEN={HIDDEN}\niptables -A INPUT -j DROP\n",
    "etc/systemd/system/unmarked.service": "[Service]\nExecStart=/bin/bash /opt/unmarked\n",
    "opt/unmarked": "NFT=$(command -v nft)\n${NFT} flush ruleset\n",
    "etc/modules": "br_netfilter\n",
    "etc/tuned/active_profile": "own ../secret\n",
    "etc/tuned/own/tuned.conf": "[main]\ninclude=balanced, gone\n[sysctl]\nnet.ipv4.ip_forward=0\n",
    "usr/lib/tuned/balanced/tuned.conf": "[sysctl]\nnet.core.somaxconn=4096\n",
    "usr/lib/tuned/unused/tuned.conf": f"[sysctl]\na={HIDDEN}\n",
    "etc/secret/tuned.conf": f"[sysctl]\na={HIDDEN}\n",
    "run/cloud-init/instance-data.json": json.dumps(
        {
            "ds": {
                "meta_data": {
                    "public-ipv4": "203.0.113.11",
                    "public-keys": {"k": [HIDDEN]},
                    "network": {"interfaces": {"macs": {"06:74:8f:39:cd:a6": CARD}}},
                }
            },
            "userdata": HIDDEN,
            "merged_cfg": {"users": [{"passwd": HIDDEN}]},
        }
    ),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name in (
        "fw.service",
        "script.service",
        "nightly.timer",
        "app.service",
        "gone.service",
        "early.service",
        "unmarked.service",
    ):
        wants = root / "etc/systemd/system" / f"{name.partition('.')[2]}s.wants"
        wants.mkdir(exist_ok=True)
        (wants / name).symlink_to(f"/etc/systemd/system/{name}")
    (root / "etc/ufw/after.init").chmod(0o755)
    (root / "etc/sysctl.d/99-sysctl.conf").symlink_to("/etc/sysctl.conf")
    (root / "etc/sysctl.d/70-masked.conf").symlink_to("/dev/null")
    (root / "etc/resolv.conf").symlink_to("../run/resolv.conf")
    (root / "run/resolv.conf").write_text("nameserver 127.0.0.53\n")
    (root / "run/systemd/resolve").mkdir(parents=True)
    (root / "run/systemd/resolve/resolv.conf").write_text("nameserver 192.0.2.53\n")
    os.mkfifo(root / "etc/nftables/pipe.nft")
    return root


@pytest.fixture(scope="module")
def evidence(root: Path) -> Evidence:
    return collect(LocalRunner(), root=f"{root}/")


def text(evidence: Evidence, path: str) -> str:
    reading = evidence.file(path)
    assert reading is not None
    assert reading.outcome == "text"
    return reading.text


def test_the_active_profiles_of_tuned_are_read_with_what_they_include(evidence: Evidence) -> None:
    found = [each.origin for each in evidence.readings if "/tuned" in each.origin]
    assert found == ["/etc/tuned/active_profile", "/etc/tuned/own/tuned.conf", "/usr/lib/tuned/balanced/tuned.conf"]


def test_no_secret_leaves_the_root(evidence: Evidence) -> None:
    for reading in evidence.readings:
        if reading.key in {"file", "boot-scripts", "daemon-json"}:
            assert HIDDEN not in reading.text, reading.origin


def test_of_the_clouds_metadata_only_addresses_are_read(evidence: Evidence) -> None:
    reading = evidence.find("cloud-init", "")
    assert reading is not None
    assert reading.origin == "/run/cloud-init/instance-data.json"
    cards = {"interfaces": {"macs": {"06:74:8f:39:cd:a6": {"ipv4-associations": {"203.0.113.11": "10.100.3.4"}}}}}
    assert json.loads(reading.text) == {"ds": {"meta_data": {"public-ipv4": "203.0.113.11", "network": cards}}}


def test_sysctl_files_come_in_the_order_in_which_they_count(evidence: Evidence) -> None:
    origins = [reading.origin for reading in evidence.all("file") if "sysctl" in reading.origin]
    assert origins == [
        "/usr/lib/sysctl.d/05-first.conf",
        "/etc/sysctl.d/10-z.conf",
        "/usr/lib/sysctl.d/50-same.conf",
        "/run/sysctl.d/50-same.conf",
        "/etc/sysctl.d/50-same.conf",
        "/etc/sysctl.d/70-masked.conf",
        "/etc/sysctl.d/99-sysctl.conf",
        "/etc/sysctl.conf",
    ]


def test_links_stay_inside_the_root(evidence: Evidence) -> None:
    assert text(evidence, "/etc/sysctl.d/99-sysctl.conf") == "net.ipv4.ip_forward=0\n# not collected\n"
    assert text(evidence, "/etc/sysctl.d/70-masked.conf") == ""
    assert text(evidence, "/etc/resolv.conf") == "nameserver 127.0.0.53\n"
    assert text(evidence, "/run/systemd/resolve/resolv.conf") == "nameserver 192.0.2.53\n"


def test_files_are_verbatim_but_for_a_last_newline(evidence: Evidence) -> None:
    assert text(evidence, "/etc/hosts") == "127.0.0.1 localhost\n"
    assert text(evidence, "/etc/nftables.conf") == "flush ruleset\n"
    assert text(evidence, "/etc/iptables/rules.v4") == "*filter\nCOMMIT\n"
    assert text(evidence, "/etc/iptables/rules.empty") == ""
    assert evidence.file("/etc/nftables/pipe.nft") is None


def test_what_nft_scripts_include_from_elsewhere_is_read_once(evidence: Evidence) -> None:
    origins = [reading.origin for reading in evidence.all("file")]
    assert [each for each in origins if "nft" in each or "local" in each or "firewall" in each] == [
        "/etc/nftables.conf", "/etc/nftables/main.nft", "/etc/nftables/other.nft", "/etc/firewall/a.nft",
        "/etc/firewall/b c.nft",        "/etc/local/sets.conf",
    ]  # fmt: skip
    assert not any("shadow" in each or "secret" in each for each in origins)


def test_network_configuration_keeps_its_lines_but_not_its_secrets(evidence: Evidence) -> None:
    assert text(evidence, "/etc/network/interfaces") == (
        "auto eth0\niface eth0 inet static\n  address 192.0.2.1/24\n# not collected\n"
        "  post-up iptables -A FORWARD -j ACCEPT\n"
    )
    assert text(evidence, "/etc/netplan/01.yaml").splitlines()[6:] == [
        "      addresses:",
        "        - 192.0.2.3/24",
        "# not collected",
    ]
    assert text(evidence, "/etc/NetworkManager/system-connections/w") == (
        "[wifi-security]\n# not collected\n[ipv4]\nmethod=auto\n"
    )


def test_other_keys_have_their_files(evidence: Evidence) -> None:
    daemon = evidence.find("daemon-json", "")
    assert daemon is not None
    assert json.loads(daemon.text) == {"userland-proxy": False, "bip": "10.9.0.1/24"}
    assert [reading.origin for reading in evidence.all("firewalld-zones-permanent")] == [
        "/etc/firewalld/services/own.xml",
        "/etc/firewalld/zones/public.xml",
        "/usr/lib/firewalld/zones/drop.xml",
        "/usr/lib/firewalld/policies/allow.xml",
        "/usr/lib/firewalld/helpers/ftp.xml",
        "/usr/lib/firewalld/services/samba.xml",
        "/usr/lib/firewalld/services/netbios-ns.xml",
        "/usr/lib/firewalld/helpers/netbios-ns.xml",
    ]
    (release,) = evidence.all("os-release")
    assert release.text == "ID=debian\n"
    (hooks,) = evidence.all("ufw-hooks")
    assert hooks.text == "/etc/ufw/after.init\n"
    (boot,) = evidence.all("boot-scripts")
    assert boot.text == (
        "/etc/rc.local:2:ip route add 10.0.0.0/8 via 192.0.2.1\n/etc/rc.local:3: (not collected)\n"
        "/etc/cron.d/x:1:* * * * * root iptables -F\n"
        "/opt/fw.sh:2:iptables -F FORWARD\n/opt/fw.sh:3: (not collected)\n"
        '/opt/sec/harden:2:IPT="/sbin/iptables"\n/opt/sec/harden:3:$IPT -F FORWARD\n'
        "/root/bin/plain:1:iptables -t nat -F\n/opt/sec/deeper:2:nft flush ruleset\n"
    )


def test_enabled_units_whose_commands_program_the_network(evidence: Evidence) -> None:
    """A unit that is not enabled is left out, and so is a command that does something else, such as one on a folder."""
    reading = evidence.find("boot-units", "")
    assert reading is not None
    assert reading.text.splitlines() == [
        "fw.service\t/etc/systemd/system/fw.service:2:ExecStart=-/sbin/iptables -P FORWARD DROP",
        "fw.service\t/etc/systemd/system/fw.service.d/more.conf:2: (not collected)",
        "nightly.service\t/usr/lib/systemd/system/nightly.service:2:ExecStart=sysctl -p /etc/a.conf",
        "script.service\t/usr/local/sbin/fw:4:iptables -A INPUT -j DROP",
        "unmarked.service\t/opt/unmarked:1:NFT=$(command -v nft)",
        "unmarked.service\t/opt/unmarked:2:${NFT} flush ruleset",
    ]


def test_the_addresses_that_programs_move_between_machines(evidence: Evidence) -> None:
    (reading,) = evidence.all("floating-addresses")
    conf, cib = "/etc/keepalived/keepalived.conf", "/var/lib/pacemaker/cib/cib.xml"
    assert [line.split("\t") for line in reading.text.splitlines()] == [
        ["keepalived", conf, "7", "192.0.2.50/24"],
        ["keepalived", conf, "9", "2001:db8::50"],
        ["keepalived", conf, "10", "-"],
        ["keepalived", conf, "13", "192.0.2.51"],
        ["pacemaker", cib, "5", "192.0.2.52"],
        ["heartbeat", "/etc/ha.d/haresources", "1", "192.0.2.53"],
        ["heartbeat", "/etc/ha.d/haresources", "1", "192.0.2.54/24"],
        ["ucarp", "/etc/ucarp/vip-001.conf", "2", "192.0.2.55"],
        ["frr", "/etc/frr/frr.conf", "4", "192.0.2.56"],
        ["vip-manager", "/etc/default/vip-manager.yml", "1", "192.0.2.57"],
        ["pgpool", "/etc/pgpool2/pgpool.conf", "2", "192.0.2.58"],
    ]


BROKEN = (
    '{"bip": "10.0.0.1/24",}',
    '{"bip" "x"}',
    '{"bip": tru}',
    "[1, 2",
    '{"a": 1}}',
    '{"a": "x',
    "{'bip': 1}",
    "{]",
)


@pytest.mark.parametrize("content", BROKEN)
def test_a_daemon_json_that_is_no_json_is_a_failure(tmp_path: Path, content: str) -> None:
    (tmp_path / "etc/docker").mkdir(parents=True)
    (tmp_path / "etc/docker/daemon.json").write_text(content)
    reading = collect(LocalRunner(), root=str(tmp_path)).find("daemon-json", "")
    assert reading is not None
    assert reading.outcome == "failed"
    assert "not valid JSON" in reading.text
    assert reading.status == NOT_JSON


LIBRARY = script().decode().removesuffix('main "$@" </dev/null\n')
AWKS = tuple(path for name in ("mawk", "gawk", "busybox") if (path := shutil.which(name)))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c.d", 'q"\\', ""]), inner),
    max_leaves=12,
)
ALLOWED = ("a", "b.a", "b.b.*.a", "c.d")
"""``c.d`` names the key d below c, never the key ``c.d``."""


def allowed(value: object, path: tuple[str, ...] = ()) -> object:
    """Return what the filter must keep of a value, or ... for nothing."""
    paths = [tuple(entry.split(".")) for entry in ALLOWED]

    def fits(entry: tuple[str, ...]) -> bool:
        return all(want in {have, "*"} for want, have in zip(entry, path, strict=False))

    if any(len(entry) == len(path) and fits(entry) for entry in paths):
        return value
    if path and not any(len(entry) > len(path) and fits(entry) for entry in paths):
        return ...
    if isinstance(value, list):
        left = [allowed(item, path) for item in cast("list[object]", value)]
        return [item for item in left if item is not ...]
    if isinstance(value, dict):
        whole = cast("dict[str, object]", value)
        members = {key: allowed(item, (*path, key.replace(".", "\x01"))) for key, item in whole.items()}
        return {key: item for key, item in members.items() if item is not ...}
    return ...


@pytest.mark.parametrize("awk", AWKS)
@settings(max_examples=60)
@given(document=st.dictionaries(st.sampled_from(["a", "b", "c", "d", "c.d"]), JSON), pretty=st.booleans())
def test_the_filter_keeps_exactly_what_is_allowed(awk: str, document: dict[str, Any], pretty: bool) -> None:
    source = json.dumps(document, indent=2 if pretty else None)
    with TemporaryDirectory() as folder:
        (Path(folder) / "awk").symlink_to(awk)
        program = Path(folder) / "program"  # longer than the kernel takes as one argument (128 KiB)
        program.write_text(f"{LIBRARY}\nPATH={folder}:$PATH\nallow_json '{' '.join(ALLOWED)}'", encoding="utf-8")
        answer = subprocess.run(("sh", program), input=source.encode(), capture_output=True, check=True)
    assert json.loads(answer.stdout) == allowed(document)
