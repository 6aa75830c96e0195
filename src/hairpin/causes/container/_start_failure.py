"""Why a container did not start, or ended: the engine's stored error and its program's exit status, and the repair.

Source: moby daemon/start.go, libnetwork/portmapper, runc libcontainer/init_linux.go; signal(7); bash(1), EXIT STATUS
"""

import re
from collections.abc import Callable

import msgspec

from hairpin.host.docker import Container, PortBinding
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.walk.sockets import socket_text


class Failure(msgspec.Struct, frozen=True):
    """``said``: the reason in a clause.  ``repair``: what makes the container start; None: only the engine's own words
    are known.  ``again``: a plain start does it, since what kept it from starting is gone."""

    said: Message
    repair: Message | None = None
    again: bool = False


_ENDPOINT = re.compile(
    r"driver failed programming external connectivity on endpoint \S+ \([0-9a-f]+\): +"
    r"|unable to start container process: "
)
"""What dockerd and runc write before the reason."""
_Found = re.Match[str]
_Reader = Callable[[Host, Container, _Found], Failure]


def failure_of(host: Host, container: Container) -> Failure | None:
    """Return why the container's last start failed or its program ended, as far as the engine tells; None where it
    does not, or where an administrator has stopped it."""
    if container.error:
        for pattern, read in _ERRORS:
            found = pattern.search(container.error)
            if found is not None:
                return read(host, container, found)
        return Failure(message("{error}", error=own_words(container.error)))
    return _by_status(container)


def own_words(error: str) -> str:
    """Return the engine's own reason on one line, without the layers of the engine that pass it on."""
    line = _ENDPOINT.sub("", " ".join(error.split()))
    words = line.rpartition("failed: ")[2].removesuffix("(exit status 1))").removesuffix(": unknown").strip()
    return line if words == "port is already allocated" else words


def _by_status(container: Container) -> Failure | None:
    name = container.name
    if container.oom_killed:
        return Failure(
            message("the kernel killed it, as it used more memory than its limit (OOMKilled)"),
            message("give it more memory (--memory) or find what fills it, then start it"),
        )
    match container.exit_code:
        case 127:
            return Failure(
                message("exit status 127: a command was not found"),
                message("correct the command that its program calls, and recreate {name}", name=name),
            )
        case 126:
            return Failure(
                message("exit status 126: a command is not executable"),
                message("make the file executable in the image, and recreate {name}", name=name),
            )
        case 139:
            return Failure(message("exit status 139: a segmentation fault (SIGSEGV) ended it"))
        case 134:
            return Failure(message("exit status 134: it aborted itself (SIGABRT)"))
        case _:
            return None


# --- the engine's errors ----------------------------------------------------------------------------------------------


def _port_held(host: Host, container: Container, found: _Found) -> Failure:
    port = int(found["port"])
    binding = next((each for each in container.bindings if each.host_port == port), None)
    others = (each for each in host.containers() if each.running and each.id != container.id)
    other = next((each for each in others if any(one.actual and one.host_port == port for one in each.bindings)), None)
    if other is not None:
        return Failure(
            message("port {port} was held: container {name} publishes it", port=port, name=other.name),
            _free_it(host, container, binding, host.engine_of(other).command("stop", other.name)),
        )
    socket = _listener(host, binding, port)
    if socket is None:
        said = message("port {port} was held by another process, which has released it since", port=port)
        return Failure(said, again=True)
    return Failure(
        message("port {port} is held by {socket}", port=port, socket=socket[0]),
        _free_it(host, container, binding, socket[1]),
    )


def _listener(host: Host, binding: PortBinding | None, port: int) -> tuple[str, Message] | None:
    if host.netns.name not in host:
        return None
    protocol = binding.protocol if binding is not None else "tcp"
    for each in host.namespace(host.netns.name).sockets:
        if (each.protocol, each.port) == (protocol, port):
            what = message("the service of process {pid}", pid=each.pid) if each.pid else message("what listens there")
            return socket_text(each), message("stop {what}", what=what)
    return None


def _free_it(host: Host, container: Container, binding: PortBinding | None, stop: Message | str) -> Message:
    return message(
        "{stop}, then {start}; or recreate {name} with another port, -p OTHER:{inner}",
        stop=stop,
        start=host.engine_of(container).command("start", container.name),
        name=container.name,
        inner=binding.container_port if binding is not None else "PORT",
    )


def _privileged(host: Host, container: Container, found: _Found) -> Failure:
    port = found["port"]
    first = _first_of_users(host)
    if first is not None and int(port) >= first:
        return Failure(
            message(
                "it was not permitted to bind port {port}, though users may bind ports from {first}",
                port=port,
                first=first,
            )
        )
    return Failure(
        message("a user may not bind port {port}", port=port),
        message(
            "recreate {name} with a port from {first} on; or sysctl -w net.ipv4.ip_unprivileged_port_start={port}, by "
            "which every user may bind ports from {port}",
            port=port,
            first=first if first is not None else 1024,
            name=container.name,
        ),
    )


def _first_of_users(host: Host) -> int | None:
    """Return the first port that users may bind; None: not read."""
    if host.netns.name not in host:
        return None
    return host.namespace(host.netns.name).sysctls.number("net", "ipv4", "ip_unprivileged_port_start")


def _no_address(_: Host, container: Container, found: _Found) -> Failure:
    return Failure(
        message("{address}, on which its port is published, is no address of this host", address=found["address"]),
        message("give the host the address, or recreate {name} with another one", name=container.name),
    )


def _no_command(_: Host, container: Container, found: _Found) -> Failure:
    return Failure(
        message("its command {command} is not in the image", command=found["command"]),
        message(
            "correct the command or the entrypoint, and recreate {name}; a mount may cover the file, and a script "
            "needs its interpreter",
            name=container.name,
        ),
    )


def _not_executable(_: Host, container: Container, found: _Found) -> Failure:
    return Failure(
        message("its command {command} is not executable", command=found["command"]),
        message(
            "make it executable (chmod +x, in the image or in the mounted folder), then start {name}",
            name=container.name,
        ),
    )


def _wrong_architecture(_: Host, container: Container, __: _Found) -> Failure:
    return Failure(
        message("its program is of another architecture than this host, or a script without its first line"),
        message("recreate {name} with an image for this host's architecture (--platform)", name=container.name),
    )


def _no_device(_: Host, container: Container, found: _Found) -> Failure:
    return Failure(
        message("device {device} is not on this host, or is no device", device=found["device"]),
        message("connect it or load its driver, or recreate {name} without it", name=container.name),
    )


def _device_denied(_: Host, container: Container, found: _Found) -> Failure:
    return Failure(
        message("it was not permitted to use {device}", device=found["device"]),
        message("permit it: --device {device} for {name}", device=found["device"], name=container.name),
    )


def _bad_mount(_: Host, container: Container, found: _Found) -> Failure:
    return Failure(
        message("{source} cannot be mounted: it is not there, or a folder meets a file", source=found["source"]),
        message("make what is mounted (a file for a file, a folder for a folder), then start {name}",
                name=container.name),
    )  # fmt: skip


def _no_network(host: Host, container: Container, found: _Found) -> Failure:
    engine, network = host.engine_of(container), found["network"]
    if engine.network(network) is not None:
        return Failure(message("its network {network} was gone, and is there again", network=network), again=True)
    return Failure(
        message("its network {network} is gone", network=network),
        message(
            "recreate {name} on a network that exists; {command} makes one of that name, with another id",
            name=container.name,
            command=engine.command("network", "create", network),
        ),
    )


def _no_owner(host: Host, container: Container, found: _Found) -> Failure:
    owner = host.container(found["owner"])
    if owner is None:
        return Failure(
            message("the container whose network it uses is gone"),
            message("recreate {name} with the network of a container that exists", name=container.name),
        )
    if owner.running:
        return Failure(message("container {owner}, whose network it uses, did not run", owner=owner.name), again=True)
    engine = host.engine_of(container)
    return Failure(
        message("container {owner}, whose network it uses, does not run", owner=owner.name),
        message(
            "{first}, then {then}",
            first=engine.command("start", owner.name),
            then=engine.command("start", container.name),
        ),
    )


def _address_taken(_: Host, container: Container, __: _Found) -> Failure:
    return Failure(
        message("another endpoint has the address that it asks for (--ip)"),
        message("recreate {name} with another address, outside of the network's ip-range", name=container.name),
    )


def _no_user(_: Host, container: Container, found: _Found) -> Failure:
    return Failure(
        message("its user {user} is not in the image", user=found["user"]),
        message("recreate {name} with a user that the image has, or with a number (--user)", name=container.name),
    )


def _no_runtime(_: Host, container: Container, found: _Found) -> Failure:
    return Failure(
        message("this host lacks {what}, which it asks for", what=found["what"]),
        message("install it and restart the engine, or recreate {name} without it", name=container.name),
    )


def _lock_held(_: Host, __: Container, ___: _Found) -> Failure:
    return Failure(message("the xtables lock was held when its rules were to be made"), again=True)


def _kernel_lacks(host: Host, container: Container, found: _Found) -> Failure:
    return Failure(
        message("the kernel lacks {part}, which its rules use", part=found["part"]),
        message(
            "load its module or boot a kernel that has it, then {start}",
            start=host.engine_of(container).command("start", container.name),
        ),
    )


def _no_veth(host: Host, container: Container, _: _Found) -> Failure:
    files = host.rule_tools.modules
    if files is not None and not files.there:
        return Failure(
            message("the kernel could make no veth pair: {folder} is gone, so it loads no module", folder=files.folder),
            message("reboot into the kernel that is installed"),
        )
    start = host.engine_of(container).command("start", container.name)
    return Failure(
        message("the kernel could make no veth pair"),
        message("load its module (modprobe veth) or boot a kernel that has it, then {start}", start=start),
    )


def _no_space(_: Host, container: Container, __: _Found) -> Failure:
    return Failure(
        message("no space was left on a disk"),
        message("free some (df -h; docker system df), then start {name}", name=container.name),
    )


_ERRORS: tuple[tuple[re.Pattern[str], _Reader], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (r":(?P<port>\d+)(?::[^ ]*)?: bind: address already in use", _port_held),
        (r"Bind for [^ ]*:(?P<port>\d+) failed: port is already allocated", _port_held),
        (r"failed to bind host port (?:for )?[^ ]*?:(?P<port>\d+)[:/ ].*address already in use", _port_held),
        (r":(?P<port>\d+): bind: permission denied", _privileged),
        (r"cannot expose privileged port (?P<port>\d+)", _privileged),
        (r"listen \w+ (?P<address>[^ ]+):\d+: bind: cannot assign requested address", _no_address),
        (r'exec: "(?P<what>(?:[^"]*/)?(?:runc|crun|runsc|kata-runtime|[\w-]*container-runtime)[^"/]*)": exec\w+ file',
         _no_runtime),
        (r"unknown or invalid runtime name: (?P<what>[^\s:]+)", _no_runtime),
        (r"could not select device driver.*?\[\[(?P<what>[^\]]*)\]\]", _no_runtime),
        (r'exec:? "(?P<command>[^"]+)": (?:executable file not found|stat [^:]*: no such file|.*no such file)',
         _no_command),
        (r'exec:? "(?P<command>[^"]+)":.*(?:permission denied|is a directory)', _not_executable),
        (r"exec format error", _wrong_architecture),
        (r'custom device "?(?P<device>/[^":\s]+)"?: (?:no such file|not a device)', _no_device),
        (r"(?P<device>/dev/[^\s:\"]+): (?:operation not permitted|permission denied)", _device_denied),
        (r"bind source path does not exist: (?P<source>\S+)", _bad_mount),
        (r'error mounting "(?P<source>[^"]+)" to rootfs', _bad_mount),
        (r"(?:error while mounting volume|failed to mount local volume: mount) '?(?P<source>[^'\s:]+)", _bad_mount),
        (r"(?:^|[:,] ?)network (?P<network>[\w.-]+) not found", _no_network),
        (r"failed to add the host \(\S+\) <=> sandbox \(\S+\) pair interfaces: operation not supported", _no_veth),
        (r"(?:No such container: |non running container: |joining network namespace of container: )(?P<owner>\w+)",
         _no_owner),
        (r"(?:^|: )Address already in use$|requested ip address \S+ is already allocated", _address_taken),
        (r"unable to find user (?P<user>[^:\s]+)", _no_user),
        (r"^(?!.*(?:inotify|cgroup)).*no space left on device", _no_space),
        (r"holding the xtables lock", _lock_held),
        (r"Couldn't load (?:match|target) [`'](?P<part>(?!DOCKER)\w+)'", _kernel_lacks),
        (r"Extension (?P<part>\w+) revision \d+ not supported, missing kernel module", _kernel_lacks),
        (r"can't initialize ip6?tables table [`'](?P<part>\w+)'", _kernel_lacks),
    )
)  # fmt: skip
"""What engines write, and what it means; the first that fits."""
