"""Tells why a container has ended, and the repair, from its exit status and the ports of its user.

Source: signal(7); bash(1), EXIT STATUS
"""

from hairpin.host.docker import Container
from hairpin.host.engine_health import ended_by_check
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.words.meaning import Failure


def failure_by_end(host: Host, container: Container) -> Failure | None:
    """Return why the container's program ended.  Return None if the engine does not tell the reason, or if an
    administrator stopped the container."""
    return _by_status(container) or failure_by_low_port(host, container)


def _by_status(container: Container) -> Failure | None:
    name = container.name
    if ended_by_check(container):
        action = container.on_unhealthy
        return Failure(
            message("its health check failed, and Podman then ended it (--health-on-failure={action})", action=action)
        )
    if container.oom_killed:
        return Failure(
            message(
                "the kernel killed the container, because the container used more memory than its limit (OOMKilled)"
            ),
            message("give the container more memory (--memory) or find what uses up its memory, then start it"),
        )
    match container.exit_code:
        case 127:
            return Failure(
                message("exit status 127: a command was not found"),
                message("correct the command that the container's program calls, and recreate {name}", name=name),
            )
        case 126:
            return Failure(
                message("exit status 126: a command is not executable"),
                message("make the file executable in the image, and recreate {name}", name=name),
            )
        case 139:
            return Failure(message("exit status 139: a segmentation fault (SIGSEGV) ended the container's program"))
        case 134:
            return Failure(message("exit status 134: the container's program aborted itself (SIGABRT)"))
        case _:
            return None


def failure_by_low_port(host: Host, container: Container) -> Failure | None:
    """Return why a stopped rootless container cannot start again: its user may no longer bind a port that it publishes.

    Podman keeps no error of a start by hand.  Source: ip-sysctl.rst, ip_unprivileged_port_start"""
    first = _first_of_users(host)
    if first is None or container.running or not host.engine_of(container).rootless:
        return None
    ports = sorted(each.host_port for each in container.bindings if 0 < each.host_port < first)
    return failure_at_privileged_port(host, container, {"port": str(ports[0])}) if ports else None


def failure_at_privileged_port(host: Host, container: Container, places: dict[str, str]) -> Failure:
    """Return the failure to bind a port that only root may bind.  ``places``: the words of the engine's error, with the
    port."""
    port = places["port"]
    first = _first_of_users(host)
    if first is not None and int(port) >= first:
        return Failure(
            message(
                "the container was not permitted to bind port {port}, though users may bind ports from {first} upwards",
                port=port,
                first=first,
            )
        )
    return Failure(
        message("a user may not bind port {port}", port=port),
        message(
            "recreate {name} with port {first} or a higher one; or sysctl -w "
            "net.ipv4.ip_unprivileged_port_start={port}, which lets every user bind port {port} and all higher ports",
            port=port,
            first=first if first is not None else 1024,
            name=container.name,
        ),
    )


def _first_of_users(host: Host) -> int | None:
    """Return the lowest port that an unprivileged user may bind (``ip_unprivileged_port_start``), or None if this
    sysctl was not read."""
    if host.netns.name not in host:
        return None
    return host.namespace(host.netns.name).sysctls.number("net", "ipv4", "ip_unprivileged_port_start")
