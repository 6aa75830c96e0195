"""Finds the owner of the rule that stopped the packet.  For each owner there is a separate cause with separate
advice."""

from collections.abc import Callable

from hairpin.causes.kit import Place, View
from hairpin.engines.docker.chains import NATIVE_TABLE
from hairpin.engines.docker.dockerd import expected
from hairpin.engines.docker.options import Version, backend_of, dockerd_version
from hairpin.engines.repair.closing import switched_on_by
from hairpin.firewalls.chain_owner import is_firewallds
from hairpin.host.boot.configured import keeper_of, of_place
from hairpin.host.boot.rule_keeper import rule_keeper
from hairpin.host.engine_health import is_dockerds
from hairpin.host.managers import PANIC_TABLE
from hairpin.netfilter.evaluate.chain import named_sets, rule_at
from hairpin.netfilter.ir import Element, Expression, FieldMatch, Jump, NameMatch, SetMatch, Table
from hairpin.programs import CHAINS_OF_PODMAN, DOCKER, FAIL2BAN, UFW, chains_of
from hairpin.walk.size.size_stop import tells_mtu
from hairpin.walk.sockets import find_socket

_FIRST_GUARD: Version = (28, 0, 0)
"""The first version of dockerd that guards containers' own addresses by rules in raw PREROUTING."""


def _chain(*prefixes: str) -> Callable[[View, Place], bool]:
    """Return the predicate that tells whether the name of the rule's chain begins with one of the prefixes."""
    return lambda _, place: place.chain.startswith(prefixes)


def _engine_chain(*prefixes: str) -> Callable[[View, Place], bool]:
    """Return the predicate that tells whether the rule is in a chain with one of the prefixes and has the form of an
    engine's rule.  An engine's rule matches links and no protocol, because an engine drops all protocols alike.  A rule
    in an engine's chain that has another form was typed by a person.  Measured with dockerd 20.10 to 28."""
    in_chain = _chain(*prefixes)

    def wrote(view: View, place: Place) -> bool:
        body = body_at(view, place)
        asks_links = any(isinstance(part, NameMatch) for part in body)
        asks_protocol = any(isinstance(part, FieldMatch) and part.field in _OF_PROTOCOL for part in body)
        return in_chain(view, place) and (place.number == 0 or (asks_links and not asks_protocol))

    return wrote


_OF_PROTOCOL = ("protocol", "sport", "dport", "tcp-flags", "icmp", "icmp6")


def _bans(view: View, place: Place) -> bool:
    """Return whether the rule is in a chain or table of a ban list, or matches a set of a ban list."""
    theirs = chains_of("ban-list")
    in_theirs = place.chain.startswith(theirs) or place.table.startswith(theirs)
    return in_theirs or any(each.startswith((*theirs, *FAIL2BAN.sets)) for each in sets_asked(view, place))


def sets_asked(view: View, place: Place) -> tuple[str, ...]:
    """Return the names of the sets that the rule matches."""
    return tuple(part.set for part in body_at(view, place) if isinstance(part, SetMatch))


def body_at(view: View, place: Place) -> tuple[Expression, ...]:
    """Return the body of the rule at ``place`` in the namespace where the packet stopped; empty for a policy."""
    rule = rule_at(view.namespace.ruleset, place)
    return rule.body if rule is not None else ()


def elements_of(view: View, table: Table | None, name: str) -> tuple[Element, ...]:
    """Return the elements of the table's set, or else of the ipset, of this name; none if there is no such set."""
    found = named_sets(table, view.namespace.ruleset.ipsets).get(name)
    return found.elements if found is not None else ()


def _nft_table(name: str) -> Callable[[View, Place], bool]:
    """Return the predicate that tells whether the rule is in the nftables table ``name``."""
    return lambda _, place: place.dialect == "nft" and place.table == name


def _ufw(view: View, place: Place) -> bool:
    """Return whether the rule is in a chain of ufw, or is the policy that ufw sets for FORWARD.  ufw calls the host's
    ``iptables``, so only a policy in the back end of this ``iptables`` counts."""
    if place.chain.startswith(UFW.chains):
        return True
    if hidden_backend(view, place):
        return False
    closed = view.host.ufw is not None and (view.host.ufw.default_forward_policy or "").upper() in ("DROP", "REJECT")
    return closed and view.on_host and _forward_policy(view, place) and rule_keeper(view.host) == "ufw"


def _direct_routing(view: View, place: Place) -> bool:
    dockers = (dockerd_version(each.version) or _FIRST_GUARD for each in view.host.engines if each.kind == "docker")
    guards = any(each >= _FIRST_GUARD for each in dockers)
    return guards and place.table == "raw" and _fences(body_at(view, place))


def _fences(body: tuple[Expression, ...]) -> bool:
    """Return whether the rule matches a destination address and every link except one."""
    addressed = any(isinstance(part, FieldMatch) and part.field in ("daddr4", "daddr6") for part in body)
    return addressed and any(isinstance(part, NameMatch) and part.field == "iif" and part.negated for part in body)


def _within_bridge(view: View, place: Place) -> bool:
    seen = view.stop.seen
    named = {part.field for part in body_at(view, place) if isinstance(part, NameMatch)}
    return bool(seen.iif) and seen.iif == seen.oif and named >= {"iif", "oif"}


def _early_table(view: View, place: Place) -> bool:
    return place.table in ("mangle", "raw", "security") or view.stop.stage not in ("input", "output", "forward")


def _stage(stage: str) -> Callable[[View, Place], bool]:
    """Return the predicate that is true if the packet stopped at the stage ``stage``."""
    return lambda view, _: view.stop.stage == stage


def _forward_policy(view: View, place: Place) -> bool:
    """Return whether the policy of FORWARD in iptables, which ufw and dockerd set, stopped the packet.  A policy in a
    native nft table belongs to another owner."""
    return view.stop.stage == "forward" and place.number == 0 and place.dialect != "nft"


def _podman_beside_docker(view: View, place: Place) -> bool:
    """Return whether the policy that dockerd sets stopped a packet of a Podman network.  The policy and dockerd's
    chains remain after dockerd has stopped."""
    if not _forward_policy(view, place):
        return False
    seen, engines = view.stop.seen, view.host.engines
    podmans = {each.bridge for engine in engines if engine.kind == "podman" for each in engine.networks}
    table = view.namespace.ruleset.table(place.family, place.table, place.dialect)
    chains = table.chains if table is not None else ()
    has_docker = any(each.kind == "docker" and each.running for each in engines) or any(map(is_dockerds, chains))
    return has_docker and bool(podmans & {seen.iif, seen.oif})


def _left_by_docker(view: View, place: Place) -> bool:
    """Return whether the policy that stopped a packet of a Docker network is left over from dockerd's iptables back
    end.  dockerd now uses its nftables back end, which sets no policy and makes no chain DOCKER-USER.  The switch to
    nftables leaves the old policy and the old chain.

    Source: docker-v29 daemon/libnetwork/drivers/bridge/internal/iptabler/cleaner.go NewCleaner()"""
    if not _forward_policy(view, place) or of_place(place, view.host) is not None:
        return False
    table = view.namespace.ruleset.table(place.family, place.table, place.dialect)
    if table is None or table.chain("DOCKER-USER") is None:
        return False
    seen, dockers = view.stop.seen, (each for each in view.host.engines if each.kind == "docker")
    switched = (each for each in dockers if each.running and not each.rootless and backend_of(each) == "nftables")
    return any({seen.iif, seen.oif} & {network.bridge for network in each.networks} for each in switched)


def is_meant_policy(view: View, place: Place) -> bool:
    """Return whether FORWARD's policy stopped the packet and is intended.  A policy that a file or dockerd sets is
    intended.  Usually dockerd sets the policy only if it has to switch forwarding on itself.  If a file switches
    forwarding on, such a dockerd sets no policy, so a person set it by hand."""
    setter = owner(view, place)
    if setter not in ("forward-policy", "ufw") or not _forward_policy(view, place):
        return False
    if setter == "ufw" or of_place(place, view.host) is not None:
        return True
    forwarded = switched_on_by("ip" if place.family == "ip" else "ip6", view.host) is not None
    dockerds = (each for each in view.host.engines if each.kind == "docker")
    made = (each for engine in dockerds for each in expected(engine, view.host_namespace, in_order=False).policies)
    return any(each.family == place.family and (each.certain or not forwarded) for each in made)


def led_from(view: View, place: Place, start: str) -> bool:
    """Return whether jumps lead from the chain ``start`` to the chain of ``place``."""
    for table in view.namespace.ruleset.tables:
        if (table.dialect, table.family, table.name) != (place.dialect, place.family, place.table):
            continue
        seen: set[str] = set()
        pending = [start]
        while pending:
            chain = table.chain(pending.pop())
            if chain is None or chain.name in seen:
                continue
            seen.add(chain.name)
            pending += [part.chain for rule in chain.rules for part in rule.body if isinstance(part, Jump)]
        return place.chain in seen
    return False


def hidden_backend(view: View, place: Place) -> bool:
    """Return whether the rule is in the iptables back end that the host's ``iptables`` command does not show.

    A back end is hidden only if both back ends have tables.  ``iptables -V`` names the other back end.
    """
    if place.dialect not in ("iptables-nft", "iptables-legacy"):
        return False
    dialects = {table.dialect for table in view.host_namespace.ruleset.tables if table.family in ("ip", "ip6")}
    if not {"iptables-nft", "iptables-legacy"} <= dialects:
        return False
    version = view.host.version("iptables") or "nf_tables"
    shown = "iptables-legacy" if "legacy" in version else "iptables-nft"
    return place.dialect != shown


def serves_relay(view: View) -> bool:
    """Return whether the packet is for docker-proxy, or docker-proxy sent it."""
    if any(step.stage == "relay" for step in view.branch.request):
        return True  # the packet belongs to docker-proxy's own connection to the container
    packet = view.stop.seen.packet
    found = find_socket(view.namespace, packet, view.stop.seen.iif)
    return found.socket is not None and found.socket.relay is not None and not found.socket.relay.holds_only


def relay_name(view: View) -> str:
    """Return the name of the program that relays the packet's connection: docker-proxy, or the relay of a rootless
    engine."""
    found = find_socket(view.namespace, view.stop.seen.packet, view.stop.seen.iif).socket
    return (found.process if found is not None and found.relay is not None else None) or "docker-proxy"


OWNERS: tuple[tuple[str, Callable[[View, Place], bool]], ...] = (
    ("container", lambda view, _: not view.on_host),
    ("firewalld-panic", _nft_table(PANIC_TABLE)),
    ("bridge-family", lambda _, place: place.family in ("bridge", "arp")),
    ("ban-list", _bans),  # this owner comes before docker-user, because DOCKER-USER may jump to a ban list's chain
    ("docker-user", lambda view, place: place.chain == "DOCKER-USER" or led_from(view, place, "DOCKER-USER")),
    ("isolation", _engine_chain("DOCKER-ISOLATION", "NETAVARK_ISOLATION", "NETAVARK-ISOLATION")),
    ("ufw", _ufw),
    ("firewalld", lambda _, place: place.dialect != "nft" and is_firewallds(place)),
    ("third-party", lambda _, place: keeper_of(place) is not None or place.chain.startswith(CHAINS_OF_PODMAN)),
    ("raw-direct", _direct_routing),
    ("icc", _within_bridge),
    ("engine", _engine_chain(*DOCKER.chains)),
    ("engine", _nft_table(NATIVE_TABLE)),  # the table of dockerd's nftables back end
    ("firewalld", lambda _, place: is_firewallds(place)),
    ("nft-table", lambda _, place: place.dialect == "nft"),
    ("hidden-backend", hidden_backend),
    ("mangle", _early_table),
    ("input-for-relay", lambda view, _: view.stop.stage == "input" and serves_relay(view)),
    ("input", _stage("input")),
    ("output", _stage("output")),
    ("podman-beside-docker", _podman_beside_docker),
    ("left-by-docker", _left_by_docker),
    ("forward-policy", _forward_policy),
    ("forward-rule", _stage("forward")),
)
"""The owners, each with the predicate that its rules satisfy.  The first predicate that is true decides."""


def owner(view: View, place: Place) -> str:
    """Return the name of the owner of the rule or policy."""
    return next(name for name, wrote in OWNERS if wrote(view, place))


def stopped_by(view: View, name: str) -> Place | None:
    """Return the rule or policy that stopped the packet if this owner wrote it, or None.

    Return None if the packet is an ICMP error about the path MTU, because the cause pmtud-icmp-blocked handles rules of
    all owners that drop such errors."""
    place = view.place if not tells_mtu(view.stop.seen.packet) else None
    return place if place is not None and owner(view, place) == name else None
