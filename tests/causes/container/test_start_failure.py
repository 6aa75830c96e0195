"""Why a container did not start: errors that dockerd 20.10 and newer engines have stored, and exit statuses."""

import msgspec
import pytest

from hairpin.causes.container import _start_failure
from hairpin.causes.container._start_failure import own_words, stopped_for_good
from hairpin.causes.states.container_not_running import failure_of
from hairpin.host.docker import Container, Endpoint, PortBinding
from hairpin.host.host import Host
from hairpin.host.managers import Firewalld, FirewalldZone, Unit
from hairpin.host.rule_tools import ModuleFiles, RuleTools
from hairpin.host.socket import Socket
from hairpin.report.words import Words
from hairpin.words.catalogue import starts
from tests.rows import each_row
from tests.small_host import container, engine, host_namespace, network, number

OCI = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "
EXTERNAL = "driver failed programming external connectivity on endpoint conf (0e140c2d6d81221c61fd090f9a8c94ca): "
HTTPD = Socket("tcp", 4, None, 8202, process="httpd", pid=9)
ASKED = PortBinding("tcp", 80, 8202, None, 4, actual=False)
OTHER = PortBinding("tcp", 80, 8151, None, 4, actual=False)

CONNECTED = (
    "port 35300 was held, and nothing listens there now. The kernel gives such ports to outgoing connections "
    "(net.ipv4.ip_local_port_range), so a connection may hold it still"
)
TRY = "hairpin does not know this error. Remove what the error names, then try another start:"
# the stored error; what is said of it; the beginning of the repair ("start": a start is enough)
ERRORS: dict[str, tuple[str, str, str]] = {
    "docker-proxy, and the process still has the port": (
        f"{EXTERNAL}Error starting userland proxy: listen tcp4 0.0.0.0:8202: bind: address already in use",
        "port 8202 is held by 0.0.0.0:8202/tcp (httpd, pid 9)", "stop the service of process 9, then docker start conf",
    ),
    "docker-proxy, and the process has gone": (
        f"{EXTERNAL}Error starting userland proxy: listen tcp4 0.0.0.0:99: bind: address already in use",
        "port 99 was held by another process, which has released it since", "start",
    ),
    "docker-proxy, and a connection may have the port": (
        f"{EXTERNAL}Error starting userland proxy: listen tcp4 0.0.0.0:35300: bind: address already in use",
        CONNECTED, "`ss -Hnatp 'sport = :35300'` shows the connection",
    ),
    "another container": (
        f"{EXTERNAL}Bind for 0.0.0.0:8151 failed: port is already allocated",
        "port 8151 was held: container web publishes it", "docker stop web, then docker start conf",
    ),
    "dockerd 28": (
        f"{EXTERNAL}failed to bind host port 0.0.0.0:8202/tcp: address already in use",
        "port 8202 is held by 0.0.0.0:8202/tcp (httpd, pid 9)", "stop the service of process 9",
    ),
    "an address that the host lacks": (
        f"{EXTERNAL}Error starting userland proxy: listen tcp4 203.0.113.77:99: bind: cannot assign requested address",
        "203.0.113.77, on which the container's port is published, is no address of this host",
        "recreate conf and publish its port on an address",
    ),
    "a privileged port of a user": (
        "rootlessport cannot expose privileged port 80, you can add 'net.ipv4.ip_unprivileged_port_start=80'",
        "a user may not bind port 80", "recreate conf with port 1024 or a higher one; or sysctl -w",
    ),
    "a command that is not in PATH": (
        f'{OCI}exec: "nosuch": executable file not found in $PATH: unknown',
        "the container's command nosuch is not in the image", "correct the command",
    ),
    "a command that is not there": (
        f'{OCI}exec: "/nonexist": stat /nonexist: no such file or directory: unknown',
        "the container's command /nonexist is not in the image", "correct the command",
    ),
    "a command that is not executable": (
        f'{OCI}exec: "/nox": permission denied: unknown', "the container's command /nox is not executable",
        "make the command executable",
    ),
    "another architecture": (
        f"{OCI}exec /app: exec format error: unknown",
        (
            "the container's program is for another architecture than this host's, or it is a script that lacks the "
            "first line (#!)"
        ),
        "recreate conf",
    ),
    "a device that is not there": (
        'error gathering device information while adding custom device "/dev/nonexist": no such file or directory',
        "device /dev/nonexist does not exist on this host, or is not a device", "connect the device or load its driver",
    ),
    "a device that is denied": (
        f"{OCI}open /dev/net/tun: operation not permitted: unknown",
        "the container was not permitted to use /dev/net/tun", "give conf the right: --device /dev/net/tun",
    ),
    "a folder mounted onto a file": (
        f'{OCI}error during container init: error mounting "/srv/d" to rootfs at "/etc/passwd": not a directory',
        "/srv/d cannot be mounted: it does not exist, or one side is a folder and the other is a file",
        "create the missing source",
    ),
    "a network that is gone": (
        "network gone not found", "the container's network gone is gone", "recreate conf on a network",
    ),
    "a network that is there again": (
        "network bridge not found", "the container's network bridge was gone and exists again now", "start",
    ),
    "the container whose network it uses is gone": (
        f"No such container: {'9e53a551' * 8}", "the container whose network this container uses is gone",
        "recreate conf",
    ),
    "the container whose network it uses runs again": (
        f"cannot join network of a non running container: {'c' * 64}",
        "container web, whose network this container uses, did not run", "start",
    ),
    "a user that the image lacks": (
        "unable to find user nobodyx: no matching entries in passwd file",
        "the container's user nobodyx is not in the image", "recreate conf with a user",
    ),
    "a runtime that is not installed": (
        'could not select device driver "" with capabilities: [[gpu]]',
        "this host lacks gpu, which the container asks for", "install the missing part",
    ),
    "a full disk": (
        "failed to create shim task: mkdir /run/containerd/x: no space left on device",
        "no space was left on a disk", "free some",
    ),
    "an address that another endpoint has": (
        "Address already in use", "another endpoint has the address that the container asks for (--ip)",
        "recreate conf",
    ),
    "no veth pair": (
        ("failed to create endpoint conf on network bridge: failed to add the host (veth9754872) <=> sandbox "
        "(veth6a875bb) pair interfaces: operation not supported"),
        "the kernel could not make a veth pair", "load the module veth (modprobe veth)",
    ),
    "a socket's address is no container's": (
        "failed to bind udp listener on 10.89.0.1:5353: IO error: Address already in use (os error 98)",
        "failed to bind udp listener on 10.89.0.1:5353: IO error: Address already in use (os error 98)", TRY,
    ),
    "no more inotify watches": (
        "watch /x: inotify_add_watch: no space left on device", "watch /x: inotify_add_watch: no space left on device",
        TRY,
    ),
    "a command whose name has a word of runtimes": (
        f'{OCI}exec: "/app/runtime": executable file not found in $PATH: unknown',
        "the container's command /app/runtime is not in the image", "correct the command",
    ),
    "the xtables lock": (
        (f"{EXTERNAL}(iptables failed: iptables --wait -t nat -A DOCKER: Another app is currently holding the xtables "
        "lock. Perhaps you want to use the -w option? (exit status 4))"),
        "a process held the xtables lock when rules for the container were to be made", "start",
    ),
    "a match that the kernel lacks": (
        (f"{EXTERNAL}(iptables failed: iptables --wait -t nat -A DOCKER: iptables v1.4.21: Couldn't load match "
        "`addrtype':No such file or directory (exit status 2))"),
        "the kernel lacks addrtype, which the container's rules use",
        "load the module of the missing part or boot a kernel that has it, then docker",
    ),
    "a chain that is gone is no target that the kernel lacks": (
        f"{EXTERNAL}(iptables failed: iptables: Couldn't load target `DOCKER':No such file or directory)",
        "a chain, a match or a target that the container's rules need did not exist", "start",
    ),
    "words that hairpin does not know": (f"{OCI}the moon is full: unknown", "the moon is full", TRY),
}  # fmt: skip


def failed(**changed: object) -> Container:
    """Return a container that was never up, which asks for two ports."""
    asked = msgspec.structs.replace(container("created"), id="d" * 64, name="conf", bindings=(ASKED, OTHER))
    return msgspec.structs.replace(asked, **changed)


NOT_LOADED = "failed to create endpoint conf on network {name}: network 6ffc3401 does not exist"
"""dockerd 20.10.24, about a network that it lists."""


def lying_in(zone: str, *, kept: str = "") -> Host:
    """Return a host whose container conf failed on network apart, with the network's bridge in the zone."""
    one = failed(error=NOT_LOADED.format(name="apart"))
    docker = engine(one)
    apart = msgspec.structs.replace(docker.networks[0], id="n2", name="apart", bridge="br-n2")
    zones = (FirewalldZone("docker", interfaces=("docker0",)), FirewalldZone(zone, interfaces=("br-n2",)))
    files = (FirewalldZone("docker"), *((FirewalldZone(kept, interfaces=("br-n2",)),) if kept else ()))
    found = network(docker=msgspec.structs.replace(docker, networks=(*docker.networks, apart))).this
    return msgspec.structs.replace(found, firewalld=Firewalld(True, runtime=zones, permanent=files))


BIND = "firewall-cmd --zone=docker --change-interface=br-n2"
UNLOADED: dict[str, tuple[Host, str, str]] = {
    "another zone": (lying_in("drop"), "because firewalld has br-n2 in zone drop", f"run `{BIND}`. If dockerd runs"),
    "another zone, in its file, too": (
        lying_in("drop", kept="drop"), "in zone drop",
        f"run `{BIND}` and `firewall-cmd --permanent --zone=docker --change-interface=br-n2`. If",
    ),
    "dockerd's zone": (lying_in("docker"), "dockerd did not load the container's network apart when",
                      "read in dockerd's log why"),
}  # fmt: skip


@pytest.mark.parametrize(("host", "said", "repair"), UNLOADED.values(), ids=UNLOADED)
def test_a_network_that_dockerd_has_not_loaded(host: Host, said: str, repair: str) -> None:
    one = host.container("conf")
    found = failure_of(host, one) if one is not None else None
    assert found is not None
    assert said in str(found.said)
    assert str(found.repair).startswith(repair)
    assert not found.again


@each_row(("error", "said", "repair"), ERRORS.values(), ids=ERRORS)
def test_the_stored_error_tells(error: str, said: str, repair: str) -> None:
    one = failed(error=error)
    docker = engine(container(), one)
    host = network(host_namespace(sockets=(HTTPD,)), docker=docker).this
    found = failure_of(host, one)
    assert found is not None
    words = Words("en")
    assert words(found.said) == said
    assert found.again is (repair == "start")
    if repair == "start":
        assert found.repair is None
    else:
        assert (words(found.repair) if found.repair is not None else "").startswith(repair)


@pytest.mark.parametrize(("address", "again"), (("198.51.100.11", True), ("198.51.100.12", False)))
def test_an_address_that_the_host_has_again_needs_a_start_only(address: str, *, again: bool) -> None:
    text = f"{EXTERNAL}Error starting userland proxy: listen tcp4 {address}:8202: bind: cannot assign requested address"
    one = failed(error=text, bindings=(msgspec.structs.replace(ASKED, host_ip=number(address)),))
    found = failure_of(network(docker=engine(container(), one)).this, one)
    assert found is not None
    assert (found.again, found.repair is None) == (again, again)
    assert ("is one again now" in str(found.said)) is again


STUB = 0x7F000035
AT_STUB = Socket("tcp", 4, STUB, 53, process="systemd-resolve", pid=7)


@pytest.mark.parametrize(
    ("address", "repair"),
    (
        (None, "stop the service of process 7, then docker start conf; or recreate conf with the port at one address"),
        (STUB, "stop the service of process 7, then docker start conf; or recreate conf with another port"),
    ),
)
def test_a_stub_resolver_holds_the_port_of_the_second_protocol(address: int | None, repair: str) -> None:
    """The first binding of the port is of UDP, and the socket is of TCP, at an address of its own."""
    bindings = tuple(PortBinding(each, 53, 53, address, 4, actual=False) for each in ("udp", "tcp"))
    error = f"{EXTERNAL}Error starting userland proxy: listen tcp4 0.0.0.0:53: bind: address already in use"
    stopped = failed(error=error, bindings=bindings)
    net = network(host_namespace(sockets=(AT_STUB,)), docker=engine(container(), stopped))
    found = failure_of(net.this, stopped)
    assert found is not None
    assert "port 53 is held by 127.0.0.53:53/tcp (systemd-resolve, pid 7)" in str(found.said)
    assert str(found.repair).startswith(repair)


DNSMASQ = msgspec.structs.replace(AT_STUB, process="dnsmasq", unit="/system.slice/libvirtd.service")


@each_row(
    ("mode", "main", "stop"),
    (
        ("control-group", 5, "stop libvirtd.service, the unit of process 7, then"),
        ("process", 7, "stop libvirtd.service, the unit of process 7, then"),
        (
            "process",
            5,
            "have process 7 (dnsmasq) ended by the program that started it, because a stop of libvirtd.serv",
        ),
    ),
)
def test_a_unit_may_leave_the_process_running(mode: str, main: int, stop: str) -> None:
    error = f"{EXTERNAL}Error starting userland proxy: listen tcp4 0.0.0.0:53: bind: address already in use"
    stopped = failed(error=error, bindings=(PortBinding("tcp", 53, 53, None, 4, actual=False),))
    net = network(host_namespace(sockets=(DNSMASQ,)), docker=engine(container(), stopped))
    unit = Unit("libvirtd.service", "active", "enabled", kill_mode=mode, main_pid=main)
    found = failure_of(msgspec.structs.replace(net.this, units=(unit,)), stopped)
    assert found is not None
    assert str(found.repair).startswith(stop)


def test_the_engines_own_iptables_is_no_command_of_the_container() -> None:
    one = failed(
        error=f'{EXTERNAL}(iptables failed: iptables -t nat: (exec: "iptables": executable file not found in $PATH))'
    )
    found = failure_of(network(docker=engine(one)).this, one)
    assert found is not None
    assert "image" not in str(found.said)


def test_without_the_running_kernels_modules_a_reboot_is_due() -> None:
    words = "failed to add the host (veth1a) <=> sandbox (veth2b) pair interfaces: operation not supported"
    one = failed(error=words)
    gone = ModuleFiles("/lib/modules/6.1.0-18-amd64", there=False)
    host = network(host_namespace(), docker=engine(one)).this
    host = msgspec.structs.replace(host, rule_tools=RuleTools(modules=gone))
    found = failure_of(host, one)
    assert found is not None
    assert "/lib/modules/6.1.0-18-amd64 is gone" in str(found.said)
    assert str(found.repair) == "reboot into the kernel that is installed"


def test_a_port_that_users_may_bind_is_not_opened_to_them() -> None:
    one = failed(error="listen tcp4 0.0.0.0:8202: bind: permission denied")
    values = {"ip_unprivileged_port_start": "1024"}
    found = failure_of(network(host_namespace(values=values), docker=engine(one)).this, one)
    assert found is not None
    assert "users may bind ports from 1024" in str(found.said)
    assert found.repair is None


def rootless(port: int, *, status: str = "exited") -> tuple[Host, Container]:
    """Return a host on which users may bind ports from 1024 upwards, and a rootless container that publishes the
    port."""
    binding = PortBinding("tcp", 80, port, None, 4)
    one = msgspec.structs.replace(container(status, binding=binding), exit_code=137)
    docker = msgspec.structs.replace(engine(one), kind="podman", rootless=True, user="alice")
    values = {"ip_unprivileged_port_start": "1024"}
    return network(host_namespace(values=values), docker=docker).this, one


def test_a_stopped_rootless_container_may_not_bind_its_port_again() -> None:
    host, one = rootless(80)
    found = failure_of(host, one)
    assert found is not None
    assert str(found.said) == "a user may not bind port 80"
    assert "net.ipv4.ip_unprivileged_port_start=80" in str(found.repair)
    for other in (rootless(8080), rootless(80, status="running")):
        assert failure_of(*other) is None


@pytest.mark.parametrize(("port", "known"), ((80, True), (8080, False)))
def test_words_of_pasta_that_hairpin_does_not_know_stop_no_port_below_the_users_first(port: int, known: bool) -> None:
    host, one = rootless(port)
    error = f"pasta failed with exit code 1:\nListen failed for HOST TCP port */{port}: Permission denied"
    found = failure_of(host, msgspec.structs.replace(one, error=error))
    assert found is not None
    assert (str(found.said) == f"a user may not bind port {port}") is known


STATUSES: dict[str, tuple[int, bool, str]] = {
    "more memory than its limit": (
        137,
        True,
        "the kernel killed the container, because the container used more memory than its limit (OOMKilled)",
    ),
    "docker kill": (137, False, ""),
    "no such command in its script": (127, False, "exit status 127: a command was not found"),
    "a command that may not be run": (126, False, "exit status 126: a command is not executable"),
    "a segmentation fault": (
        139,
        False,
        "exit status 139: a segmentation fault (SIGSEGV) ended the container's program",
    ),
    "an error of its own": (1, False, ""),
    "no error": (0, False, ""),
}


@each_row(("code", "oom", "said"), STATUSES.values(), ids=STATUSES)
def test_the_exit_status_tells(code: int, oom: bool, said: str) -> None:
    one = failed(status="exited", exit_code=code, oom_killed=oom)
    found = failure_of(network(docker=engine(one)).this, one)
    assert (Words("en")(found.said) if found is not None else "") == said


def test_the_layers_of_the_engine_are_left_out() -> None:
    assert own_words(f"{EXTERNAL}Error starting userland proxy: listen: in use") == (
        "Error starting userland proxy: listen: in use"
    )


def taking(*, fixed: bool = False, running: bool = True, gateway: bool = False) -> Host:
    """Return the host on which conf asks for web's address, or for its network's gateway."""
    wanted = number("172.17.0.1" if gateway else "172.17.0.2")
    other = container("running" if running else "exited")
    ends = tuple(
        msgspec.structs.replace(each, fixed4=wanted if fixed else None, ipv4=each.ipv4 if running else None)
        for each in other.endpoints
    )
    asking = Endpoint(other.endpoints[0].network, fixed4=wanted)
    conf = failed(error="Address already in use", endpoints=(asking,))
    docker = engine(msgspec.structs.replace(other, endpoints=ends), conf)
    return network(docker=docker).this


HELD: dict[str, tuple[Host, str, str]] = {
    "by chance": (
        taking(),
        "container web has this container's address 172.17.0.2 (--ip)",
        "docker stop web, then docker start",
    ),
    "by its own option": (
        taking(fixed=True),
        "container web has this container's address",
        "both containers ask for 172.17.0.2",
    ),
    "the gateway": (taking(gateway=True), "is the gateway of network bridge", "with another address (--ip)"),
    "free again": (taking(running=False), "no container has that address now", ""),
}


@pytest.mark.parametrize(("host", "said", "repair"), HELD.values(), ids=HELD)
def test_the_holder_of_an_address_is_named(host: Host, said: str, repair: str) -> None:
    conf = host.container("conf")
    assert conf is not None
    found = failure_of(host, conf)
    assert found is not None
    assert said in str(found.said)
    assert repair in str(found.repair or "")


def test_each_text_whose_meaning_the_host_decides_has_a_function() -> None:
    told = {each.id for each in starts() if each.failure == "of-host"}
    assert told == set(vars(_start_failure)["_READERS"]), 'causes/container/_start_failure.py: _READERS, and "of-host"'


@pytest.mark.parametrize(("policy", "is_told"), (("always", True), ("unless-stopped", False), ("no", False)))
def test_a_container_that_dockerd_starts_again_is_told(policy: str, *, is_told: bool) -> None:
    """``docker stop`` holds until the next start of dockerd, except with ``unless-stopped``."""
    host = network(docker=engine(msgspec.structs.replace(container(), restart_policy=policy))).this
    said = str(stopped_for_good(host, host.containers()[0]))
    assert said.startswith("docker stop web")
    assert ("docker update --restart unless-stopped web" in said) is is_told
