"""Where relays lead."""

import msgspec
import pytest

from hairpin.host.docker import Container, Endpoint, PortBinding
from hairpin.host.read.engines.relays import (
    RelayCommand,
    commands,
    network_stack,
    stack_of_dockerd,
    stacks_by_file,
    with_relays,
)
from hairpin.host.socket import Relay, Socket, TapEntry
from tests.rows import each_row

PROXY = "-proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80"
W4, W6 = 0xAC110002, (0xFD00 << 112) + 2
WEB = Container(
    "1",
    "web",
    "running",
    endpoints=(Endpoint("bridge", ipv4=W4),),
    bindings=(PortBinding("tcp", 80, 8080), PortBinding("tcp", 80, 8080, version=6)),
)
DUAL = msgspec.structs.replace(WEB, endpoints=(Endpoint("bridge", ipv4=W4, ipv6=W6),))
GONE = msgspec.structs.replace(WEB, status="exited")
ASKED = msgspec.structs.replace(WEB, bindings=(PortBinding("tcp", 80, 8080, actual=False),))
OLD = msgspec.structs.replace(WEB, bindings=(PortBinding("tcp", 80, 8080),))


def socket(process: str | None = "docker-proxy", port: int = 8080, **fields: int | None) -> Socket:
    values = {"version": 4, "address": None, "pid": 9, **fields}
    return msgspec.convert({"protocol": "tcp", "port": port, "process": process, **values}, Socket)


def relay_of(item: Socket, running: tuple[RelayCommand, ...], containers: tuple[Container, ...]) -> Relay | None:
    return with_relays((item,), running, containers)[0].relay


@pytest.mark.parametrize(
    "arguments",
    (
        PROXY,
        f"{PROXY} -use-listen-fd",
        PROXY.replace("-container-ip ", "--container-ip=").replace("-container-port ", "-container-port="),
        f"-use-listen-fd {PROXY}",
    ),
)
def test_a_command_line_has_the_target(arguments: str) -> None:
    running = commands(f"9\t/usr/bin/docker-proxy {arguments}\n")
    assert relay_of(socket(), running, ()) == Relay(4, W4, 80)


def test_a_command_line_comes_before_the_engines_word() -> None:
    """A proxy that outlived its container leads to the old address."""
    running = commands(f"9\tdocker-proxy {PROXY.replace('172.17.0.2', '172.17.0.9')}\n")
    assert relay_of(socket(), running, (WEB,)) == Relay(4, 0xAC110009, 80)


def test_a_command_without_arguments_has_no_target() -> None:
    rootless = msgspec.structs.replace(OLD, endpoints=(), netns="container:web")
    found = relay_of(socket("rootlessport"), commands("9\trootlessport\n"), (rootless,))
    assert found == Relay(4, 0, 80, netns="container:web")


BEHIND = msgspec.structs.replace(OLD, endpoints=(), netns="container:web")
PODMANS = "-t 8080-8080:80-80 --dns-forward 169.254.1.1 -T none --no-map-gw --netns /run/user/1000/netns/netns-1"
MAPPED = 0xA9FE0102
# the program and its arguments; how it enters the container
TAPS: dict[str, tuple[str, str, TapEntry | None]] = {
    "as Podman 5.4 starts it": (
        "pasta.avx2", f"--config-net {PODMANS} --map-guest-addr 169.254.1.2",
        TapEntry(copies_host=True, own4=MAPPED, from_loopback="address"),
    ),
    "with an option of the user": (
        "pasta", f"{PODMANS} --map-guest-addr=169.254.1.2 --host-lo-to-ns-lo -I tap7",
        TapEntry("tap7", copies_host=True, own4=MAPPED, from_loopback="loopback"),
    ),
    "without the option that tells the release": (
        "pasta", PODMANS, TapEntry(copies_host=True, from_loopback="either"),
    ),
    "it splices nothing": ("pasta", f"{PODMANS} --no-splice", TapEntry(copies_host=True, from_loopback="tap")),
    "an address that is none": (
        "pasta", f"{PODMANS} --map-guest-addr none", TapEntry(copies_host=True, from_loopback="either"),
    ),
    "slirp4netns": (
        "slirp4netns", "--mtu=65520 -c -e 3 -r 4 --netns-type=path /run/netns tap0",
        TapEntry("tap0", datagrams_of_host="either"),
    ),
    "slirp4netns, which keeps the host's loopback": (
        "slirp4netns", "--disable-host-loopback -c -e 3 -r 4 --netns-type=path /run/netns tap0",
        TapEntry("tap0", datagrams_of_host="unanswered"),
    ),
    "rootlessport": ("rootlessport", "", None),
}  # fmt: skip


@each_row(("program", "arguments", "expected"), TAPS.values(), ids=TAPS)
def test_how_a_network_stack_enters_its_container(program: str, arguments: str, expected: TapEntry | None) -> None:
    found = relay_of(socket(program), commands(f"9\t/usr/bin/{program} {arguments}\n"), (BEHIND,))
    assert found == Relay(4, 0, 80, netns="container:web", tap=expected)


STACKS: dict[str, tuple[str, str]] = {
    "pasta": ("9\t/usr/bin/pasta --netns /run/user/1000/containers/networks/rootless-netns/rootless-netns", "pasta"),
    "slirp4netns": (
        "9\tslirp4netns --disable-host-loopback --netns-type=path /run/user/1000/netns/rootless-netns-1 tap0",
        "slirp4netns:allow_host_loopback=false",
    ),
    "that of one container": ("9\t/usr/bin/pasta --netns /run/user/1000/netns/netns-1", ""),
    "none": ("\n", ""),
}


@pytest.mark.parametrize(("text", "expected"), STACKS.values(), ids=STACKS)
def test_the_process_of_a_rootless_engines_networks(text: str, expected: str) -> None:
    assert network_stack(commands(text)) == expected


def test_the_network_mode_of_a_container_behind_slirp4netns() -> None:
    lines = "8\tpasta --netns /run/a\n9\tslirp4netns -c --netns-type=path /run/b tap0\n"
    hiding = "10\tslirp4netns --disable-host-loopback -c --netns-type=path /run/c tap0\n"
    found = stacks_by_file(commands(lines + hiding))
    assert found == {f"/run/{name}": f"slirp4netns:allow_host_loopback={told}" for name, told in
                     (("b", "true"), ("c", "false"))}  # fmt: skip


CASES: dict[str, tuple[Socket, tuple[Container, ...], Relay | None]] = {
    "conmon holds the port of a container without a network": (
        socket("conmon"),
        (msgspec.structs.replace(WEB, endpoints=()),),
        Relay(4, 0, 80, holds_only=True),
    ),
    "published port": (socket(), (WEB,), Relay(4, W4, 80)),
    "IPv6 leads to IPv4 where there is nothing else": (socket(version=6), (WEB,), Relay(4, W4, 80)),
    "IPv6 leads to IPv6": (socket(version=6), (DUAL,), Relay(6, W6, 80)),
    "one socket for both, as old engines bind": (socket(version=6), (OLD,), Relay(4, W4, 80)),
    "a rootless one connects in the container's namespace": (
        socket("rootlessport", version=6),
        (msgspec.structs.replace(OLD, endpoints=(), netns="container:web"),),
        Relay(4, 0, 80, netns="container:web"),
    ),
    "dockerd holds the port": (socket("dockerd"), (WEB,), Relay(4, W4, 80, holds_only=True)),
    "dockerd holds the port of a container whose address is lost": (
        socket("dockerd"),
        (msgspec.structs.replace(WEB, endpoints=(msgspec.structs.replace(WEB.endpoints[0], ipv4=None),)),),
        Relay(4, 0, 80, holds_only=True),
    ),
    "dockerd on a port of its own": (socket("dockerd", port=2375), (WEB,), None),
    "another program on that port": (socket("nginx"), (WEB,), None),
    "nobody known": (socket(None), (WEB,), None),
    "another port": (socket(port=8081), (WEB,), None),
    "another address": (socket(address=0x7F000001), (WEB,), None),
    "a stopped container": (socket(), (GONE,), None),
    "not in effect": (socket(), (ASKED,), None),
}


@each_row(("item", "containers", "expected"), CASES.values(), ids=CASES)
def test_without_a_command_line_the_engine_has_the_target(
    item: Socket, containers: tuple[Container, ...], expected: Relay | None
) -> None:
    assert relay_of(item, (), containers) == expected


@pytest.mark.parametrize("line", ("", "9", "x\tdocker-proxy", "9 docker-proxy -container-ip 172.17.0.2"))
def test_lines_of_another_form_are_skipped(line: str) -> None:
    assert commands(line) == ()


def test_a_damaged_command_line_falls_back_on_the_engine() -> None:
    running = commands("9\tdocker-proxy -container-ip x -container-port y\n")
    assert relay_of(socket(), running, (WEB,)) == Relay(4, W4, 80)
    assert relay_of(socket(), running, ()) is None


INSIDE = "netns:rootless-1000-487-docker"
KITS: dict[str, tuple[str, str, tuple[str, int, bool] | None]] = {
    "rootlesskit itself": ("rootlesskit", "--net=slirp4netns --port-driver=builtin", (INSIDE, 0x7F000001, False)),
    "slirp4netns": ("slirp4netns", "--net=slirp4netns --port-driver=slirp4netns", (INSIDE, 0, True)),
    "pasta": ("pasta.avx2", "--net=pasta --port-driver=implicit", (INSIDE, 0, True)),
    "a stack beside rootlesskit's own driver": ("slirp4netns", "--net=slirp4netns --port-driver=builtin", None),
}


@pytest.mark.parametrize(("program", "options", "expected"), KITS.values(), ids=KITS)
def test_the_sockets_of_a_users_dockerd_lead_into_its_namespace(
    program: str, options: str, expected: tuple[str, int, bool] | None
) -> None:
    running = commands(f"9\trootlesskit {options}\n")
    (held,) = with_relays((socket(program, uid=1000),), running, (), (INSIDE,))
    relay = held.relay
    assert expected == (None if relay is None else (relay.netns, relay.address, relay.tap is not None))


@pytest.mark.parametrize("dockers", ((), ("netns:rootless-1001-487-docker",), (INSIDE, "netns:rootless-1000-9-docker")))
def test_without_its_one_namespace_the_socket_leads_nowhere(dockers: tuple[str, ...]) -> None:
    running = commands("9\trootlesskit --port-driver=builtin\n")
    (held,) = with_relays((socket("rootlesskit", uid=1000),), running, (), dockers)
    assert held.relay is None


STACKS_OF_DOCKERD = {
    "--net=slirp4netns --disable-host-loopback": "slirp4netns:allow_host_loopback=false",
    "--net=slirp4netns": "slirp4netns:allow_host_loopback=true",
    "--net=pasta": "pasta",
    "": "host",
}


@pytest.mark.parametrize(("options", "stack"), STACKS_OF_DOCKERD.items())
def test_rootlesskit_says_what_carries_the_packets_of_its_dockerd(options: str, stack: str) -> None:
    assert stack_of_dockerd(commands(f"9\trootlesskit {options}\n"), 1000) == stack
    assert stack_of_dockerd(commands(f"9\trootlesskit {options}\n8\trootlesskit {options}\n"), 1000) is None


OF_TWO = "".join(
    f"{pid}\trootlesskit --state-dir=/run/user/{user}/dockerd-rootless --net={net} --port-driver={driver}\n"
    for pid, user, net, driver in ((9, 1000, "slirp4netns", "builtin"), (8, 1001, "pasta", "implicit"))
)


def test_of_several_rootlesskits_the_users_own_counts() -> None:
    running = commands(OF_TWO)
    assert stack_of_dockerd(running, 1001) == "pasta"
    assert stack_of_dockerd(running, 1002) is None
    other = "netns:rootless-1001-99-docker"
    held = with_relays((socket("rootlesskit", uid=1000), socket("pasta", uid=1001)), running, (), (INSIDE, other))
    assert [each.relay.netns if each.relay is not None else None for each in held] == [INSIDE, other]
    (strange,) = with_relays((socket("rootlesskit", uid=1001),), commands(OF_TWO.replace("1001", "1002")), (), (other,))
    assert strange.relay is None
