"""A guest of a host's bridge or plug-ins: runs as a plain script in the host, as the unit ``guest-NAME``.

``python3 -I -S guest.py NAME HOW…``: makes the named network namespace, gives it its network, serves in it as a
container of ``box`` does, and tells systemd that it is ready.  ``HOW``: ``dhcp BRIDGE`` (the bridge's own server gives
the address), ``cni CONFLIST HOST-PORT:PORT/PROTOCOL…`` (by the plug-ins), or ``netavark FILE DRIVER`` (by netavark, as
Podman calls it).  What is published stands in /run/guests/NAME.
"""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

_SERVED = ("tcp/80", "udp/53")
_LEASE = """#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip address replace "$ip/${mask:-24}" dev "$interface"
[ -z "$router" ] || ip route replace default via "${router%% *}" dev "$interface"
for each in $dns; do echo "nameserver $each"; done >/etc/netns/NAME/resolv.conf
"""
_PLUGINS = "/usr/lib/cni"
_NETAVARK = (
    "/usr/lib/podman/netavark",
    "--config",
    "/run/netavark",
    "--aardvark-binary",
    "/usr/lib/podman/aardvark-dns",
)


def _run(*words: str, stdin: str = "", **more: str) -> str:
    done = subprocess.run(
        words, input=stdin, capture_output=True, text=True, env=dict(os.environ) | more, timeout=60, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(words)}: {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def _inside(name: str, *words: str) -> str:
    return _run("nsenter", f"--net=/run/netns/{name}", "--", *words)


def _wire(name: str, bridge: str) -> None:
    """Join the namespace to the bridge, once the bridge is there."""
    for _ in range(100):
        if Path("/sys/class/net", bridge).exists():
            break
        time.sleep(0.1)
    _run("ip", "link", "add", f"v-{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
    _run("ip", "link", "set", f"v-{name}", "master", bridge, "up")
    _inside(name, "ip", "link", "set", "eth0", "up")


def _by_dhcp(name: str, bridge: str) -> None:
    _wire(name, bridge)
    script = Path(f"/run/guests/{name}.lease")
    script.write_text(_LEASE.replace("NAME", name), "ascii")
    script.chmod(0o755)
    asked = ("busybox", "udhcpc", "-i", "eth0", "-q", "-n", "-t", "10", "-T", "2", "-x", f"hostname:{name}",
             "-s", str(script))  # fmt: skip
    enter = ("nsenter", f"--net=/run/netns/{name}", "--")
    while subprocess.run((*enter, *asked), check=False).returncode:  # the server comes up beside the guest
        time.sleep(1)


def _by_plugins(name: str, conflist: str, *published: str) -> None:
    """Call the plug-ins of the list one after the other, as a runtime does (containernetworking.dev/docs/spec)."""
    listed = json.loads(Path(conflist).read_text("utf-8"))
    mappings = []
    for each in published:
        outer, _, inner = each.rpartition(":")
        address, _, number = outer.rpartition(":")
        port, _, protocol = inner.partition("/")
        mapping = {"hostPort": int(number), "containerPort": int(port), "protocol": protocol or "tcp"}
        mappings.append(mapping | ({"hostIP": address} if address else {}))
    Path(f"/run/guests/{name}").write_text(json.dumps(mappings), "ascii")
    for command in ("DEL", "ADD"):
        result = None
        plugins = listed["plugins"] if command == "ADD" else listed["plugins"][::-1]
        for plugin in plugins:
            wanted = plugin | {"name": listed["name"], "cniVersion": listed["cniVersion"]}
            if plugin.get("capabilities", {}).get("portMappings"):
                wanted["runtimeConfig"] = {"portMappings": mappings}
            if result is not None:
                wanted["prevResult"] = result
            said = _run(
                f"{_PLUGINS}/{plugin['type']}", stdin=json.dumps(wanted), CNI_COMMAND=command, CNI_CONTAINERID=name,
                CNI_NETNS=f"/run/netns/{name}", CNI_IFNAME="eth0", CNI_PATH=_PLUGINS,
            )  # fmt: skip
            result = json.loads(said) if said.strip() else result


def _by_netavark(name: str, file: str, driver: str) -> tuple[str, ...]:
    """Let netavark join the namespace to the networks of its file; return what listens at the published ports."""
    Path("/run/netavark").mkdir(exist_ok=True)
    said = json.loads(_run(*_NETAVARK, "--file", file, "setup", f"/run/netns/{name}", NETAVARK_FW=driver))
    servers = dict.fromkeys(each for network in said.values() for each in network.get("dns_server_ips") or ())
    Path("/etc/netns", name, "resolv.conf").write_text("".join(f"nameserver {each}\n" for each in servers), "ascii")
    published = json.loads(Path(file).read_text("utf-8")).get("port_mappings") or ()
    told = [{"hostIP": each["host_ip"], "hostPort": each["host_port"] + number, "protocol": each["protocol"]}
            for each in published for number in range(each["range"])]  # fmt: skip
    Path(f"/run/guests/{name}").write_text(json.dumps(told), "ascii")
    return tuple(f"{each['protocol']}/{each['container_port'] + number}"
                 for each in published for number in range(each["range"]))  # fmt: skip


def main() -> None:
    """Make the guest, and serve until its process ends."""
    name, how, *words = sys.argv[1:]
    Path("/run/guests").mkdir(exist_ok=True)
    Path("/etc/netns", name).mkdir(parents=True, exist_ok=True)
    Path(f"/run/guests/{name}").write_text("[]", "ascii")
    subprocess.run(("ip", "netns", "delete", name), capture_output=True, check=False)
    _run("ip", "netns", "add", name)
    _inside(name, "ip", "link", "set", "lo", "up")
    served: tuple[str, ...] = _SERVED
    if how == "dhcp":
        _by_dhcp(name, *words)
    elif how == "netavark":
        served = tuple(dict.fromkeys((*_SERVED, *_by_netavark(name, *words))))
    else:
        _by_plugins(name, *words)
    server = subprocess.Popen(
        ("nsenter", f"--net=/run/netns/{name}", "--", "python3", "-I", "-S", "/run/talk/exchange.py", "serve", name,
         *served), stdout=subprocess.PIPE,
    )  # fmt: skip
    assert server.stdout is not None
    server.stdout.readline()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
    sys.exit(server.wait())


if __name__ == "__main__":
    main()
