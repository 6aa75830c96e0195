"""Finds the host that a question means: the named host, the host that has the container or the address, or the first
host."""

from collections.abc import Iterable

from hairpin.errors import CollectError, UnknownNameError, UsageError
from hairpin.host.docker import Container
from hairpin.host.engine_health import Health, unanswering
from hairpin.host.host import Host
from hairpin.host.idle import IdleContainer
from hairpin.host.netns import NAMED
from hairpin.host.quadlet import Quadlet
from hairpin.message import Message, message
from hairpin.network.network import Network, owns_address
from hairpin.network.prefix import Version, address_text, parse_address
from hairpin.network.wires import owner_of, same_machine
from hairpin.question.asked import Target
from hairpin.question.suggest import close, word_list
from hairpin.question.target import is_outside_name


def host_named(network: Network, label: str) -> Host:
    """Return the host with the label (empty: the first host).
    Raises UsageError if there is no such host, and CollectError if the host could not be read.
    """
    require_known(network, label)
    return _read(network.host(label))


def require_known(network: Network, label: str) -> None:
    """Raise UsageError if no host has the label.  A host that could not be read counts as a host, too."""
    if label and all(each.name != label for each in network.hosts):
        known = ", ".join(each.name for each in network.hosts)
        raise UsageError(message("no host {name!r} was read; the hosts are {known}", name=label, known=known))


def refuse_same_machine(network: Network) -> None:
    """Raise UsageError if the user named the same machine twice."""
    twice = same_machine(network)
    if twice is not None:
        one, other = twice
        raise UsageError(
            message(
                "{one} ({one_at}) and {other} ({other_at}) are the same machine; name each host once",
                one=one.name,
                one_at=one.taken_at or "-",
                other=other.name,
                other_at=other.taken_at or "-",
            )
        )


def _read(host: Host) -> Host:
    if host.was_read:
        return host
    why = host.unread[0]
    raise CollectError(message("{host} could not be read: {reason}", host=host.name, reason=why.reason))


def host_of(network: Network, target: Target) -> Host:
    """Return the host on which the target is.  Raises the same errors as ``host_named`` and ``host_with``."""
    if target.container is not None:
        return host_with(network, target.container, target.host)
    if target.address is None or target.version is None:
        return host_named(network, target.host)
    if target.host:
        return _named_with(network, target.host, target.version, target.address)
    return _host_at(network, target.version, target.address)


def _named_with(network: Network, label: str, version: Version, address: int) -> Host:
    """Return the named host; raise UsageError if the address belongs to another host."""
    host = host_named(network, label)
    owner = owner_of(network, version, address, besides=host.name)
    if owner is not None and not any(owns_address(each, version, address) for each in host.namespaces):
        raise UsageError(
            message(
                "{address} belongs to {owner}, not to {host}: leave @{host} out",
                address=address_text(address, version),
                owner=owner.host,
                host=host.name,
            )
        )
    return host


def _host_at(network: Network, version: Version, address: int) -> Host:
    """Return the host that has the address, or to which a gateway maps the address.  If there is no such host, return
    the host whose files name the address, and otherwise the first host."""
    public = network.world.public(version, address)
    if public is not None:
        return host_named(network, public.host)
    this = network.this
    if this.netns in network and owns_address(network.namespace(this.netns), version, address):
        return this
    owner = owner_of(network, version, address, besides=this.name)
    if owner is not None:
        return host_named(network, owner.host)
    if len(network.hosts) == 1:
        return host_named(network, "")
    from hairpin.host.boot.configured_address import names_as_own  # noqa: PLC0415 - most questions are about one host

    meant = (each.name for each in network.hosts if names_as_own(each, version, address))
    return host_named(network, next(meant, ""))


def host_with(network: Network, name: str, label: str) -> Host:
    """Return the host with the label.

    Without a label, return the first host if it has the container, else the only other host that has it.  Raises
    UsageError if the first host does not have such a container and several other hosts do.
    """
    if label:
        return host_named(network, label)
    holders = [host for host in network.hosts if host.containers_named(name)]
    if holders:
        _require_this(network, tuple(f"{name}@{host.name}" for host in holders))
    if len(holders) < 2 or holders[0] is network.this:
        if not holders and len(network.hosts) > 1:
            _refuse_unknown(network, name)
        return holders[0] if holders else host_named(network, "")
    candidates = ", ".join(f"{name}@{host.name}" for host in holders)
    raise UsageError(
        message("several hosts have a container {name!r}: write one of {candidates}", name=name, candidates=candidates)
    )


def container_named(network: Network, host: Host, name: str) -> Container:
    """Return the container of the host that the name means.
    Raises the same errors as ``containers_named``, and UsageError if the name means several containers.
    """
    found = containers_named(network, host, name)
    first, *others = found
    if others:
        raise UsageError(_several(name, found))
    return first


def _several(name: str, found: tuple[Container, ...]) -> Message:
    candidates = ", ".join(each.name for each in found)
    if all(each.service == name for each in found):
        return message(
            "{name!r} is a service with several containers: write one of {candidates}", name=name, candidates=candidates
        )
    return message(
        "{name!r} is an alias of several containers: write one of {candidates}", name=name, candidates=candidates
    )


def containers_named(network: Network, host: Host, name: str) -> tuple[Container, ...]:
    """Return the host's containers that the name means.  Several containers of a compose service, or with the same
    alias, may be meant.  Raises UnknownNameError, which lists the host's containers, and CollectError if an engine did
    not list its containers.
    """
    found = host.containers_named(name)
    if found:
        return found
    known = word_list(name, (each.name for each in host.containers()))
    _require_engines((host,), name, known)
    _refuse_address(name)
    meant = _meant(name, (host,))
    _refuse_outside(name, meant)
    here = host is network.this
    said = (
        message("this host has no container or alias {name!r} (containers: {known})", name=name, known=known)
        if here
        else message(
            "{host} has no container or alias {name!r} (containers: {known})", name=name, host=host.name, known=known
        )
    )
    raise UnknownNameError(_suggesting(said, meant), name=name)


def _refuse_address(name: str) -> None:
    """Raise UnknownNameError if the name is an address, which no container has."""
    try:
        version, _ = parse_address(name)
    except ValueError:
        return
    written = f"[{name}]" if version == 6 else name
    said = message(
        "no container has the address {name}. Write {written}:PORT to ask for a port at this address",
        name=name,
        written=written,
    )
    raise UnknownNameError(said, name=name)


def _refuse_outside(name: str, meant: tuple[str, ...]) -> None:
    """Raise UnknownNameError if the name is one of the outside and no known name with a dot is similar to it."""
    if not is_outside_name(name) or any("." in each for each in meant):
        return
    said = message(
        "no container is called {name}, and hairpin does not look up names, because the answer differs from client to "
        "client. Write the address that `getent hosts {name}` prints, or ask as a container does: --from CONTAINER "
        "{name}",
        name=name,
    )
    raise UnknownNameError(said, name=name)


def _meant(name: str, hosts: Iterable[Host]) -> tuple[str, ...]:
    """Return known words that are similar to the name: containers, compose services, published ports."""
    containers = [each for host in hosts for each in host.containers()]
    words = [each.name for each in containers] + [
        each.name.removeprefix(NAMED) for host in hosts for each in host.namespaces if each.name.startswith(NAMED)
    ]
    words += [each.service for each in containers if each.service]
    return close(name, (*words, *(str(binding.host_port) for each in containers for binding in each.bindings)))


def _suggesting(said: Message, meant: tuple[str, ...]) -> Message:
    if not meant:
        return said
    return message("{said}; did you mean {words}?", said=said, words=", ".join(meant))


def _require_this(network: Network, candidates: tuple[str, ...]) -> None:
    """Raise CollectError if the first host was not read.  If the first host has the container, the question means the
    first host, so the first host has to be read."""
    if not network.this.was_read:
        raise CollectError(
            message(
                "{host} may be meant, but it could not be read: {reason}; otherwise write one of {candidates}",
                host=network.this.name,
                reason=network.this.unread[0].reason,
                candidates=", ".join(candidates),
            )
        )


def _refuse_unknown(network: Network, name: str) -> None:
    """Raise UsageError with the containers of all hosts, or CollectError if a host could not be read."""
    for host in network.hosts:
        _read(host)
    known = word_list(name, (f"{each.name}@{host.name}" for host in network.hosts for each in host.containers()))
    _require_engines(network.hosts, name, known)
    _refuse_address(name)
    meant = _meant(name, network.hosts)
    _refuse_outside(name, meant)
    said = message(
        "none of these hosts has a container or an alias {name!r} (containers: {known})", name=name, known=known
    )
    raise UnknownNameError(_suggesting(said, meant), name=name)


def _require_engines(hosts: tuple[Host, ...], name: str, known: Message | str) -> None:
    """Raise CollectError if an engine of the hosts should answer and does not answer.  An engine that does not answer
    may have the container."""
    for host in hosts:
        for each in unanswering(host):
            if each.contact.state == "unreadable":
                raise CollectError(
                    message(
                        "container {name!r} is unknown, because this user may not ask {engine} on {host}; ask with "
                        "sudo (containers: {known})",
                        name=name,
                        engine=each.engine.kind,
                        host=host.name or "-",
                        known=known,
                    )
                )
            raise CollectError(
                message(
                    "container {name!r} is unknown, because {engine} on {host} could not be asked ({state}): {why} "
                    "(containers: {known})",
                    name=name,
                    engine=each.engine.kind,
                    host=host.name or "-",
                    state=each.contact.state,
                    why=_why(each),
                    known=known,
                )
            )
    _require_no_more(hosts, name, known)


def _require_no_more(hosts: tuple[Host, ...], name: str, known: Message | str) -> None:
    """Raise CollectError if a daemon of the hosts was not asked.  A daemon that was not asked may have the
    container."""
    for host in hosts:
        for stored in host.idle:
            if name in stored.names:
                raise CollectError(_idle(host, stored, name))
        for quadlet in host.quadlets:
            if name in (quadlet.name, quadlet.unit.removesuffix(".service")):
                raise CollectError(_not_made(host, quadlet, name))
        for each in host.beside[:1]:
            raise CollectError(
                message(
                    "the engines that hairpin asked have no container {name!r} (containers: {known}). hairpin did not "
                    "ask another dockerd of {host}, process {pid}: DOCKER_HOST={socket} hairpin check {name}",
                    name=name,
                    known=known,
                    host=host.name or "-",
                    pid=each.pid,
                    socket=each.asking,
                )
            )


def _idle(host: Host, found: IdleContainer, name: str) -> Message:
    """Return the message about a named container of a user for whom no engine runs."""
    said = message(
        "container {name!r} belongs to {user} on {host} and does not run. The rootless {engine} of {user} runs no "
        "process, so hairpin could not ask it. Log in as {user} and run `{start}`",
        name=name,
        user=found.user,
        host=host.name or "-",
        engine=found.title,
        start=found.start,
    )
    port = next((each.host_port for each in found.ports or ()), None)
    if port is None or host.bindings_of(port):
        return said
    return message("{said}; to see why: hairpin check {port}", said=said, port=port)


def _not_made(host: Host, quadlet: Quadlet, name: str) -> Message:
    """Return the message about a named container of a Quadlet, which Podman does not list."""
    said = message(
        "{file} on {host} makes container {name!r}, and Podman has no such container now: {unit} is {state}",
        file=quadlet.file,
        host=host.name or "-",
        name=name,
        unit=quadlet.unit,
        state=quadlet.condition or "-",
    )
    port = next((each.host_port for each in quadlet.ports), None)
    if port is None or host.bindings_of(port):
        return said
    return message("{said}; to see why: hairpin check {port}", said=said, port=port)


def _why(each: Health) -> Message:
    if each.is_down:
        return message("start dockerd with `systemctl start docker`")
    if each.contact.named:
        return message("{named} names {endpoint}", named=each.contact.named, endpoint=each.contact.endpoint)
    return message("run `hairpin` alone to see why")
