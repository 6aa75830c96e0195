"""The signs by which a cause is asked that no stop of a packet triggers: its file is loaded only if a sign shows.

A cause that looks at a host (``of_host``) finds nothing on a host without one of its signs.  A cause that looks at all
asked flows (``of_flows``) finds nothing without its sign.  So a sign only saves the time to load a file and to ask it:
tests/causes/test_signs.py holds this on the recorded hosts, and that each such cause has a row.  A cause of another
package is always asked.
"""

from collections.abc import Callable, Iterator, Mapping

from hairpin.causes.cause import AskedFlows
from hairpin.engines.missing import missing_on
from hairpin.engines.surplus import address_named
from hairpin.host.docker import Container
from hairpin.host.engine_health import is_down
from hairpin.host.host import Host, Namespace
from hairpin.host.route import TABLE_MAIN
from hairpin.network.prefix import is_multicast
from hairpin.programs import having_role

HostSign = Callable[[Host], bool]

RULE_FILES: Mapping[str, tuple[str, str]] = {
    "/etc/ufw/user.rules": ("ip", "ufw-user-input"),
    "/etc/ufw/user6.rules": ("ip6", "ufw6-user-input"),
    "/etc/iptables/rules.v4": ("ip", "INPUT"),
    "/etc/iptables/rules.v6": ("ip6", "INPUT"),
    "/etc/sysconfig/iptables": ("ip", "INPUT"),
    "/etc/sysconfig/ip6tables": ("ip6", "INPUT"),
}
"""The files in which people write rules for the host's own ports, each with the family and the chain of these rules."""
_SAVED = frozenset(one.path for each in having_role("firewall") for one in each.saved)
"""The files from which a unit loads rules of iptables at boot."""


def _here(host: Host) -> Namespace:
    name = host.netns.name
    return host.namespace(name) if name in host else Namespace(name)


def _daemon_is_down(host: Host) -> bool:
    return any(is_down(host, each) for each in host.engines)


def _has_engine_error(host: Host) -> bool:
    """Return whether an engine said why it did not start a container, or did not start itself."""
    return any(each.error and not each.running for each in host.containers()) or any(
        each.boot is not None and each.boot.log and is_down(host, each) for each in host.engines
    )


def _has_unwanted_end(host: Host) -> bool:
    """Return whether a container with a restart policy restarts, has failed to start, or has no namespace."""
    return any(each.restart_policy != "no" and _has_ended(each) for each in host.containers())


def _has_ended(container: Container) -> bool:
    if container.running:
        return container.netns is None and not container.left_unread
    return container.status == "restarting" or bool(container.error or container.restart_count)


def _has_unhealthy_container(host: Host) -> bool:
    return any(each.health == "unhealthy" for each in host.containers())


def _has_equal_addresses(host: Host) -> bool:
    """Return whether veths of two namespaces, or a veth and a bridge of the host, have the same IPv4 address."""
    own = [value for _, value in _far_addresses(host)]
    return len(own) != len(set(own)) or not _addresses_of_bridges(host).isdisjoint(own)


def _far_addresses(host: Host) -> Iterator[tuple[str, int]]:
    for each in host.namespaces:
        veths = {link.name for link in each.links if link.kind == "veth"} if each.name != host.netns.name else ()
        held = {one.value for one in each.addresses if one.version == 4 and one.link in veths}
        yield from ((each.name, value) for value in held)


def _addresses_of_bridges(host: Host) -> set[int]:
    here = _here(host)
    bridges = {each.name for each in here.links if each.kind == "bridge"}
    return {each.value for each in here.addresses if each.version == 4 and each.link in bridges}


def _has_equal_macs(host: Host) -> bool:
    """Return whether two veths of containers, or a veth and a bridge of the host, have the same hardware address, or an
    engine gave one address to two containers."""
    veths = [
        link.mac
        for each in host.namespaces
        if each.name != host.netns.name
        for link in each.links
        if link.kind == "veth" and link.mac
    ]
    bridges = {each.mac for each in _here(host).links if each.kind == "bridge"}
    given = [end.mac for each in host.containers() if each.running for end in each.endpoints if end.mac]
    return len(veths) != len(set(veths)) or not bridges.isdisjoint(veths) or len(given) != len(set(given))


_FEWEST_NETWORKS = 16
"""The fewest networks and routes that can cover all blocks of dockerd's own pools: the 15 blocks of /16, and
192.168.0.0/16."""


def _has_few_blocks(host: Host) -> bool:
    """Return whether dockerd has pools of its own, or the host has networks and routes that may cover dockerd's
    pools."""
    routes = [
        each for each in _here(host).routes if (each.version, each.table) == (4, TABLE_MAIN) and each.prefix_length
    ]
    wide = any(each.prefix_length < _FEWEST_NETWORKS for each in routes)
    dockers = (each for each in host.engines if each.kind == "docker")
    return any(each.address_pools or wide or len(routes) + len(each.networks) >= _FEWEST_NETWORKS for each in dockers)


def _has_lost_rules(host: Host) -> bool:
    return any(lost.rules for _, lost in missing_on(host))


def _has_other_iptables(host: Host) -> bool:
    programs = host.rule_tools.programs
    return programs is not None and len(programs.found) != 1


def _has_iptables_1_8_11(host: Host) -> bool:
    return "v1.8.11 (nf_tables)" in (host.version("iptables") or "")


def _has_lock_user(host: Host) -> bool:
    return bool(host.rule_tools.lock)


def _lacks_module_files(host: Host) -> bool:
    return host.rule_tools.modules is not None and not host.rule_tools.modules.there


def _has_live_restore(host: Host) -> bool:
    return any(each.live_restore for each in host.engines)


def _has_pinned_names(host: Host) -> bool:
    """Return whether a running container's /etc/hosts gives an address to another name than the container's own."""
    return any(each.running and _pins_names(host, each) for each in host.containers())


def _pins_names(host: Host, container: Container) -> bool:
    owner = host.network_owner(container)
    if container.hosts_entries is None:
        return bool(owner.pinned) or host.engine_of(owner).kind == "podman"
    own = {address for end in owner.endpoints for address in (end.ipv4, end.ipv6)}
    return any(
        each.address not in own
        or any(host.network_owner(one).id != owner.id for one in host.containers_named(each.name))
        for each in container.hosts_entries
    )


def _has_troubled_quadlet(host: Host) -> bool:
    """Return whether a Quadlet has failed, or runs and publishes a port that no container has."""
    if not host.quadlets:
        return False
    bound = {(one.protocol, one.host_port) for each in host.containers() for one in each.bindings}
    running = (each for each in host.quadlets if each.state == "active")
    edited = any((one.protocol, one.host_port) not in bound for each in running for one in each.ports)
    return edited or any(each.has_failed for each in host.quadlets if not each.runs)


def _has_failed_unit(host: Host) -> bool:
    """Return whether a unit that a person wrote to start a container has failed, or cannot be loaded."""
    return any(each.runs and (each.has_failed or each.is_unloadable) for each in host.quadlets)


def _loads_rules_at_boot(host: Host) -> bool:
    return any(each.path in _SAVED for each in host.files)


STATES: Mapping[str, tuple[HostSign, ...]] = {
    "address-held-twice": (_has_equal_addresses,),
    "address-pool-exhausted": (_has_engine_error, _has_few_blocks),
    "container-not-running": (_has_unwanted_end,),
    "container-unit-failed": (_has_failed_unit,),
    "container-unhealthy": (_has_unhealthy_container,),
    "daemon-does-not-start-config": (_daemon_is_down,),
    "docker-daemon-not-running": (_daemon_is_down,),
    "equal-hardware-addresses": (_has_equal_macs,),
    "firewall-manager-flushed-rules": (_has_lost_rules,),
    "iptables-binary-shadowed": (_has_engine_error, _has_other_iptables),
    "iptables-check-bug": (_has_iptables_1_8_11,),
    "kernel-match-missing": (_has_engine_error,),
    "kernel-module-missing": (_has_engine_error, _lacks_module_files),
    "live-restore-duplicates-rules": (_has_live_restore,),
    "name-pinned-to-old-address": (_has_pinned_names,),
    "quadlet-not-running": (_has_troubled_quadlet,),
    "saved-rules-refused": (_loads_rules_at_boot,),
    "xtables-lock-contention": (_has_engine_error, _has_lock_user),
}
"""The causes that look at hosts.  Each is asked about a host with one of these signs."""


def _any_fails(asked: AskedFlows) -> bool:
    return not all(each.succeeds for each in asked.traces)


def _has_rule_file(asked: AskedFlows) -> bool:
    """Return whether a host has rules for its own ports in a file that it may load."""
    return any(file.path in RULE_FILES and _may_load(host, file.path) for host in asked.network.hosts
               for file in host.files)  # fmt: skip


def _may_load(host: Host, path: str) -> bool:
    return not path.startswith("/etc/ufw/") or (host.ufw is not None and host.ufw.enabled)


def _has_input_rules(asked: AskedFlows) -> bool:
    """Return whether a host has a rule for packets to the host itself."""
    tables = (table for host in asked.network.hosts for table in _here(host).ruleset.tables)
    return any(chain.rules for table in tables for chain in table.chains if chain.hook == "input")


def _has_rules_for_nobody(asked: AskedFlows) -> bool:
    """Return whether a rule of dockerd names an address that no running container has."""
    return any(map(_has_rule_for_nobody, asked.network.hosts))


def _has_rule_for_nobody(host: Host) -> bool:
    held: set[int | None] = {None}
    for engine in host.engines:
        known = {each.name for each in engine.networks}
        ends = (end for each in engine.containers if each.running for end in engine.endpoints_of(each))
        held |= {address for end in ends if end.network in known for address in (end.ipv4, end.ipv6)}
    chains = (each.chain("DOCKER") for each in _here(host).ruleset.tables if each.name in ("nat", "filter"))
    return any(address_named(rule) not in held for chain in chains if chain is not None for rule in chain.rules)


def _is_about_several(asked: AskedFlows) -> bool:
    return len(asked.network.hosts) > 1


def _is_for_group(asked: AskedFlows) -> bool:
    return any(not each.succeeds and is_multicast(each.flow.daddr, each.flow.version) for each in asked.traces)


OF_FLOWS: Mapping[str, Callable[[AskedFlows], bool]] = {
    "firewalld-reload-loses-engine-protection": _any_fails,
    "known-version-fault": _any_fails,
    "runtime-only-rule": _any_fails,
    "stale-accept-for-dead-container": _has_rules_for_nobody,
    "published-bypasses-host-firewall": _has_rule_file,
    "ban-misses-published-port": _has_input_rules,
    "address-on-two-hosts": _is_about_several,
    "packets-to-many-stay-on-link": _is_for_group,
}
"""The causes that look at the traces of all asked flows, in the order in which the report names them, each with its
sign."""
