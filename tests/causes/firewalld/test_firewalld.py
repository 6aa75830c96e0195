"""firewalld stops the packet."""

from typing import Literal

import msgspec
import pytest

from hairpin.change.calls import BindInterface, TrustSource
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.managers import FirewalldZone
from hairpin.netfilter import ir
from hairpin.network.network import Network
from tests.causes.case import Case, fires, is_silent
from tests.causes.firewall_hosts import first_remedy
from tests.causes.hosts import ruled, with_host, with_tables, zoned
from tests.rule_text import with_chain
from tests.small_host import HOST_NETNS, egress, published
from tests.whole import one_of_each


def panicking(name: str, hook: ir.Hook) -> Network:
    """Return the host with a chain of the table by which firewalld stops all packets."""
    chain = ir.Chain(name, (), hook, priority=-301 if hook == "prerouting" else -1, policy="drop")
    return with_tables(ir.Table("inet", "firewalld_policy_drop", "nft", (chain,)))


CASES: dict[str, Case] = {
    "firewalld's panic mode": Case(
        panicking("raw_prerouting", "prerouting"), published(), ("firewalld-panic-mode",),
    ),
    "firewalld without its rules": Case(
        panicking("filter_forward", "forward"), published(), ("firewalld-panic-mode",),
    ),
    "the bridge is in another zone of firewalld's": Case(
        zoned("public"), egress(), ("firewalld-bridge-in-wrong-zone",),
    ),
    "firewalld keeps zones apart": Case(zoned("docker"), egress(), ("firewalld-zone-blocks-port",)),
}  # fmt: skip


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_the_cause_fires_where_it_is_at_work(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_nothing_is_named_on_the_host_without_the_fault(case: Case) -> None:
    is_silent(case.whole, case.flow)


@pytest.mark.parametrize("dockers", ("active", "file"))
def test_the_bridge_is_put_into_the_zone_that_dockerd_uses(dockers: Literal["active", "file"]) -> None:
    (cause,) = diagnose(zoned("public", dockers=dockers), egress()).causes
    assert cause.candidate.change.calls == (BindInterface("docker", "docker0"),)


def test_without_that_zone_the_bridge_is_bound_to_no_other_one() -> None:
    """dockerd would end with ZONE_CONFLICT at its next start."""
    (cause,) = diagnose(zoned("public", dockers="none"), egress()).causes
    assert cause.candidate.change.calls == (TrustSource("172.17.0.0/16"),)


@pytest.mark.parametrize(
    ("source", "is_in"), (("172.17.0.0/16", True), ("172.18.0.0/16", False), ("ipset:office", False))
)
def test_a_zone_that_has_the_containers_by_their_network_is_theirs(source: str, *, is_in: bool) -> None:
    """A policy between zones stops the packet, whatever zone the bridge is in."""
    whole = zoned("public")
    firewalld = whole.this.firewalld
    assert firewalld is not None
    trusted = FirewalldZone("trusted", target="ACCEPT", sources=(source,))
    with_source = msgspec.structs.replace(firewalld, runtime=(*firewalld.runtime, trusted))
    (cause,) = diagnose(with_host(whole, firewalld=with_source), egress()).causes
    assert cause.cause == ("firewalld-zone-blocks-port" if is_in else "firewalld-bridge-in-wrong-zone")
    if is_in:
        assert "--add-ingress-zone=trusted" in repr(first_remedy(with_host(whole, firewalld=with_source), egress()))


def test_a_policy_between_zones_stops_the_packet_in_any_zone() -> None:
    host = zoned("public")
    policy = ruled(with_chain("FWD_policy_out", "-i docker0 -j REJECT")).namespace(HOST_NETNS).ruleset
    by_policy = host.with_namespace(HOST_NETNS, msgspec.structs.replace(host.namespace(HOST_NETNS), ruleset=policy))
    (cause,) = diagnose(by_policy, egress()).causes
    assert cause.cause == "firewalld-zone-blocks-port"


def test_panic_mode_is_ended_by_firewalld_and_a_failed_load_by_a_person() -> None:
    cause, remedy = first_remedy(panicking("raw_output", "prerouting"), published())
    assert (cause, remedy.commands) == ("firewalld-panic-mode", ("firewall-cmd --panic-off",))
    assert remedy.reversible
    _, by_hand = first_remedy(panicking("filter_input", "forward"), published())
    assert (by_hand.id, by_hand.commands) == ("by-hand", ())
