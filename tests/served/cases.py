"""The cases: how a port comes to be held or a backlog to be full, and near misses that must stay silent."""

import msgspec


class Case(msgspec.Struct, frozen=True):
    """``setup`` runs at the host; ``{port}`` in it is the case's own port.  ``body``: what the right process answers;
    empty: a handshake alone is judged.  ``start``: where the real connection starts.
    ``drops``: prints at the host how many datagrams the kernel has dropped at the socket; one more is judged."""

    setup: str
    body: str = ""
    start: str = "client"
    target: str = "{port}"
    address: str = "198.51.100.11"
    podman: bool = False
    drops: str = ""


def _serving(name: str, publish: str, options: str = "", *, tool: str = "docker") -> str:
    image = "hairpin-lab" if tool == "docker" else "localhost/hairpin-lab"
    command = f"sh -c 'echo {name} > /www/index.html; exec httpd -f -p 80 -h /www'"
    return f"{tool} run -d --name {name} -p {publish} {options} {image} {command} >/dev/null 2>&1 || true\n"


def _http(address: str = "0.0.0.0") -> str:
    return f"mkdir -p /run/o; echo other > /run/o/index.html; busybox httpd -p {address}:{{port}} -h /run/o\n"


_WEB, _OTHER = _serving("c{port}", "{port}:80"), _serving("o{port}", "{port}:80")
_PODMAN = _serving("c{port}", "{port}:80", tool="podman")
_HOST_NETWORK = (
    "docker run -d --name o{port} --network host hairpin-lab "
    "sh -c 'echo other > /www/index.html; exec httpd -f -p {port} -h /www' >/dev/null\n"
    "until ss -Hlnt sport = :{port} | grep -q .; do sleep 0.05; done\n"
)


def _local(setup: str, body: str) -> Case:
    """Return the case asked by the host itself, at its loopback address."""
    return Case(setup, body, start="host", address="127.0.0.1", target="127.0.0.1:{port}")


HELD: dict[str, Case] = {
    "a process has every address": Case(_http() + _WEB, "c{port}"),
    "a process has every address, asked at the host": _local(_http() + _WEB, "c{port}"),
    "a process has both families": Case(_http("[::]") + _WEB, "c{port}"),
    "a process has loopback, and the port is published there": _local(
        _http("127.0.0.1") + _serving("c{port}", "127.0.0.1:{port}:80"), "c{port}"
    ),
    "a process has one address, and the port is published there": Case(
        _http("198.51.100.11") + _serving("c{port}", "198.51.100.11:{port}:80"), "c{port}"
    ),
    "a container on the host's network": Case(_HOST_NETWORK + _WEB, "c{port}"),
    "another container publishes it": Case(_OTHER + _WEB, "c{port}", target="c{port}"),
    "another container publishes it, asked at the host": Case(
        _OTHER + _WEB, "c{port}", start="host", address="127.0.0.1", target="c{port}"
    ),
    "the container was stopped, and its next start failed": Case(
        _WEB + "docker stop -t 0 c{port} >/dev/null\n" + _http() + "docker start c{port} >/dev/null 2>&1 || true\n",
        "c{port}",
    ),
    "docker-proxy was killed, and a process took its place on loopback": _local(
        _WEB + "kill $(pgrep -f '[d]ocker-proxy.*-host-port {port} ')\nsleep 0.3\n" + _http("127.0.0.1"), "c{port}"
    ),
    "Podman's container, and a process": Case(_http() + _PODMAN, "c{port}", podman=True),
    "Podman's container, and a process on both families": Case(_http("[::]") + _PODMAN, "c{port}", podman=True),
}

OWN: dict[str, Case] = {
    "the container itself": Case(_WEB, "c{port}"),
    "the container itself, by docker-proxy": _local(_WEB, "c{port}"),
    "the container itself, while another one never started": Case(_OTHER + _WEB, "o{port}"),
    "a process on loopback, and the container on another address": Case(
        _http("127.0.0.1") + _serving("c{port}", "198.51.100.11:{port}:80"), "c{port}"
    ),
    "the process on loopback is asked itself": _local(
        _http("127.0.0.1") + _serving("c{port}", "198.51.100.11:{port}:80"), "other"
    ),
    "docker-proxy was killed, and a process took its place, asked from outside": Case(
        _WEB + "kill $(pgrep -f '[d]ocker-proxy.*-host-port {port} ')\nsleep 0.3\n" + _http("127.0.0.1"), "c{port}"
    ),
    "an ended container left its port to a process": Case(_WEB + "docker kill c{port} >/dev/null\n" + _http(), "other"),
    "an ended container left its port to another": Case(_WEB + "docker kill c{port} >/dev/null\n" + _OTHER, "o{port}"),
    "a process has the port of the other protocol": Case(
        "setsid nc -u -l -p {port} </dev/null >/dev/null 2>&1 &\n" + _WEB, "c{port}"
    ),
    "a container on the host's network, asked by its port": Case(_HOST_NETWORK, "other"),
    "a container whose network another one shares": Case(
        _WEB + "docker run -d --network container:c{port} hairpin-lab sleep 999 >/dev/null\n", "c{port}"
    ),
    "a rule of somebody's leads the port to another container": Case(
        _serving("o{port}", "1{port}:80")
        + _WEB
        + "iptables -t nat -I PREROUTING -p tcp --dport {port} -j DNAT --to-destination "
        "$(docker inspect -f '{{.NetworkSettings.IPAddress}}' o{port}):80\n",
        "o{port}",
    ),
    "Podman's container itself": Case(_PODMAN, "c{port}", podman=True),
    "Podman's container itself, asked at the host": Case(_PODMAN, "c{port}", podman=True, start="host"),
    "an ended container of Podman left its port": Case(
        _PODMAN + "podman kill c{port} >/dev/null\nsleep 0.3\n" + _http(), "other", podman=True
    ),
}

_STUCK = """cat > /run/stuck.py <<'PY'
import socket, sys, time
port, backlog, queued, members = map(int, sys.argv[1:5])
family = socket.AF_INET6 if sys.argv[5] == "6" else socket.AF_INET
group = []
for member in range(members):
    each = socket.socket(family)
    each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    each.setsockopt(socket.SOL_SOCKET, 15, 1)
    each.bind(("", port))
    each.listen(backlog if member == 0 else 4096 if sys.argv[6] == "room" else backlog)
    group.append(each)
waiting = []
for _ in range(queued):
    each = socket.socket()
    each.settimeout(0.3)
    try:
        each.connect(("127.0.0.1", port))
    except OSError:
        pass
    waiting.append(each)
open(f"/run/stuck{sys.argv[7]}", "w").close()
time.sleep(1000000)
PY
"""


def _stuck(
    backlog: int, queued: int, *, members: int = 1, family: str = "4", others: str = "full", tool: str = "docker"
) -> str:
    inside = f"nsenter --target $({tool} inspect -f '{{{{.State.Pid}}}}' c{{port}}) --net " if tool else ""
    image = "hairpin-lab" if tool == "docker" else "localhost/hairpin-lab"
    port = "80" if tool else "{port}"
    make = f"{tool} run -d --name c{{port}} -p {{port}}:80 {image} sleep 1000 >/dev/null\n" if tool else ""
    start = f"{inside}setsid python3 -I -S /run/stuck.py {port} {backlog} {queued} {members} {family} {others} {{port}}"
    wait = "while [ ! -e /run/stuck{port} ]; do sleep 0.05; done"
    return f"{make}{_STUCK}{start} </dev/null >/dev/null 2>&1 &\n{wait}\n"


FULL: dict[str, Case] = {
    "one more than a backlog of 1": Case(_stuck(1, 2)),
    "one more than a backlog of 0": Case(_stuck(0, 1)),
    "one more than a backlog of 2": Case(_stuck(2, 3)),
    "one more than a backlog of 5": Case(_stuck(5, 6)),
    "one more than a backlog of 16": Case(_stuck(16, 17)),
    "one more than a backlog of 128": Case(_stuck(128, 129)),
    "a dual-stack socket": Case(_stuck(1, 2, family="6")),
    "more than are let in": Case(_stuck(2, 9)),
    "both sockets of a group": Case(_stuck(1, 12, members=2)),
    "a service of the host": Case(_stuck(1, 2, tool="")),
    "a service of the host, asked there": Case(_stuck(1, 2, tool=""), start="host", target="198.51.100.11:{port}"),
    "Podman's container": Case(_stuck(1, 2, tool="podman"), podman=True),
}

ROOM: dict[str, Case] = {
    "nobody waits in a backlog of 1": Case(_stuck(1, 0)),
    "as many as a backlog of 1": Case(_stuck(1, 1)),
    "nobody waits in a backlog of 0": Case(_stuck(0, 0)),
    "as many as a backlog of 2": Case(_stuck(2, 2)),
    "as many as a backlog of 5": Case(_stuck(5, 5)),
    "as many as a backlog of 128": Case(_stuck(128, 128)),
    "many in a large backlog": Case(_stuck(4096, 300)),
    "a dual-stack socket": Case(_stuck(1, 1, family="6")),
    "one socket of a group has room": Case(_stuck(1, 0, members=2, others="room")),
    "a service of the host": Case(_stuck(1, 1, tool="")),
    "a service of the host, asked there": Case(_stuck(1, 1, tool=""), start="host", target="198.51.100.11:{port}"),
    "Podman's container": Case(_stuck(1, 1, tool="podman"), podman=True),
}

_UNREAD = """cat > /run/unread.py <<'PY'
import socket, sys, time
port, buffer, waiting, size, members = map(int, sys.argv[1:6])
family = socket.AF_INET6 if sys.argv[6] == "6" else socket.AF_INET
group = []
for member in range(members):
    each = socket.socket(family, socket.SOCK_DGRAM)
    each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    each.setsockopt(socket.SOL_SOCKET, 15, 1)
    if buffer:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    each.bind(("", port))
    group.append(each)
for _ in range(waiting):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.sendto(bytes(size), ("127.0.0.1", port))
    sender.close()
if sys.argv[7] == "read":
    for _ in range(waiting):
        group[0].recv(65535)
open(f"/run/unread{sys.argv[8]}", "w").close()
time.sleep(1000000)
PY
"""


def _unread(
    waiting: int,
    *,
    buffer: int = 0,
    size: int = 17,
    members: int = 1,
    family: str = "4",
    does: str = "wait",
    tool: str = "docker",
    start: str = "client",
    address: str = "198.51.100.11",
) -> Case:
    """Return the case of a UDP service at which so many datagrams of ``size`` bytes wait.  ``tool``: empty: a service
    of the host."""
    inside = f"nsenter --target $({tool} inspect -f '{{{{.State.Pid}}}}' c{{port}}) --net " if tool else ""
    image = "hairpin-lab" if tool == "docker" else "localhost/hairpin-lab"
    port = "53" if tool else "{port}"
    make = f"{tool} run -d --name c{{port}} -p {{port}}:53/udp {image} sleep 1000 >/dev/null\n" if tool else ""
    words = f"{port} {buffer} {waiting} {size} {members} {family} {does} {{port}}"
    run = f"{inside}setsid python3 -I -S /run/unread.py {words}"
    wait = "while [ ! -e /run/unread{port} ]; do sleep 0.05; done"
    return Case(
        f"{make}{_UNREAD}{run} </dev/null >/dev/null 2>&1 &\n{wait}\n",
        start=start,
        target=f"{address}:{{port}}/udp" if start != "client" else "{port}/udp",
        address=address,
        podman=tool == "podman",
        drops=f"{inside}ss -Hlnum sport = :{port} | sed -n 's/.*,d\\([0-9]*\\)).*/\\1/p'",
    )


UNREAD: dict[str, Case] = {
    "the default buffer": _unread(2000),
    "exactly as many as fit": _unread(256),
    "the smallest buffer": _unread(9, buffer=1),
    "a buffer of 8 KiB": _unread(30, buffer=4096),
    "a buffer of 128 KiB": _unread(1000, buffer=65536),
    "one datagram that fills it": _unread(2, buffer=1, size=1400),
    "a dual-stack socket": _unread(2000, family="6"),
    "a service of the host": _unread(2000, tool=""),
    "a service of the host, asked there": _unread(2000, tool="", start="host"),
    "behind docker-proxy": _unread(2000, start="host", address="127.0.0.1"),
    "Podman's container": _unread(2000, tool="podman"),
}

ROOM_TO_READ: dict[str, Case] = {
    "nobody waits": _unread(0),
    "one waits": _unread(1),
    "one fewer than fit": _unread(255),
    "half of the buffer": _unread(128),
    "the smallest buffer, and nobody waits": _unread(0, buffer=1),
    "a buffer of 128 KiB, half full": _unread(70, buffer=65536),
    "large datagrams": _unread(20, size=1400),
    "large datagrams take the buffer, and a small one fits": _unread(300, size=1400),
    "a dual-stack socket": _unread(200, family="6"),
    "all that waited were read": _unread(200, does="read"),
    "a service of the host": _unread(200, tool=""),
    "a service of the host, asked there": _unread(200, tool="", start="host"),
    "behind docker-proxy": _unread(200, start="host", address="127.0.0.1"),
    "Podman's container": _unread(200, tool="podman"),
}

TABLES: tuple[tuple[str, str, Case, str], ...] = tuple(
    (table, name, case, reason)
    for table, cases, reason in (
        ("held", HELD, "answered-by-other"),
        ("own", OWN, ""),
        ("full", FULL, "backlog-full"),
        ("room", ROOM, ""),
        ("unread", UNREAD, "receive-queue-full"),
        ("reads", ROOM_TO_READ, ""),
    )
    for name, case in cases.items()
)
"""Each case with its table, its name and the reason of the stop; empty: it passes."""
