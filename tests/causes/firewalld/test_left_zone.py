"""A link that has fallen out of its zone goes back into it; the default zone stays closed."""

import msgspec
import pytest

from hairpin.change.calls import BindInterface, OpenPort
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.managers import Firewalld, FirewalldZone
from hairpin.host.socket import Socket
from hairpin.netfilter.nft.script.live_table import LoadingHost
from hairpin.netfilter.nft.script.loading import tables_after
from hairpin.network.flow import Outside
from hairpin.network.network import Network
from tests.causes.hosts import asked, with_host
from tests.small_host import CLIENT, host_namespace, network

TO_SERVICE = asked(Outside(CLIENT), "198.51.100.11", 80)
HOOK = """\
 chain filter_INPUT {
  type filter hook input priority 10; policy accept;
  ct state { established, related } accept
  jump filter_INPUT_ZONES
  reject
 }"""
PARTS = ("pre", "log", "deny", "allow", "post")


def zone_chains(name: str, allowed: str, denied: str = "") -> str:
    """Return the chains of a zone in the input hook, with these rules in its allow and deny chains."""
    held = {"allow": allowed, "deny": denied}
    parts = [f" chain filter_IN_{name}_{each} {{\n{held.get(each, '')}\n }}" for each in PARTS]
    jumps = "\n".join(f"  jump filter_IN_{name}_{each}" for each in PARTS)
    end = "  meta l4proto { icmp, ipv6-icmp } accept\n  reject with icmpx admin-prohibited"
    return "\n".join((*parts, f" chain filter_IN_{name} {{\n{jumps}\n{end}\n }}"))


def firewalled(internal: str, *, bound: str = "", leads: str = "", denied: str = "") -> Network:
    """Return the host with a service on port 80, whose eth0 is in the default zone, and a loaded zone ``internal``."""
    script = "\n".join((
        "table inet firewalld {",
        zone_chains("public", "  tcp dport 22 accept"),
        zone_chains("internal", internal, denied),
        f" chain filter_INPUT_ZONES {{\n{leads}\n  goto filter_IN_public\n }}",
        HOOK,
        "}", "",
    ))  # fmt: skip
    host = host_namespace(sockets=(Socket("tcp", 4, None, 80),))
    tables = tables_after(script, host.ruleset.tables, LoadingHost(frozenset({"lo", "eth0"}), "1.0.6"), source="test")
    host = msgspec.structs.replace(host, ruleset=msgspec.structs.replace(host.ruleset, tables=tables))
    zones = (FirewalldZone("public"), FirewalldZone("internal", interfaces=(bound,) if bound else ()))
    return with_host(network(host), firewalld=Firewalld(True, default_zone="public", runtime=zones))


BOTH = "  tcp dport 22 accept\n  tcp dport 80 accept"
BACK, OPEN = BindInterface("internal", "eth0"), OpenPort("public", 80, "tcp")

CASES = {
    "it has lost its link": (firewalled(BOTH), BACK),
    "it does not let the port in": (firewalled("  tcp dport 22 accept"), OPEN),
    "it lets less in": (firewalled("  tcp dport 80 accept"), OPEN),
    "it denies something": (firewalled(BOTH, denied="  tcp dport 443 drop"), OPEN),
    "another link has it": (firewalled(BOTH, leads='  iifname "eth9" goto filter_IN_internal'), OPEN),
    "the link is bound to a zone": (firewalled(BOTH, bound="eth0"), OPEN),
}


@pytest.mark.parametrize(("built", "call"), CASES.values(), ids=CASES)
def test_a_link_goes_back_into_the_zone_that_has_lost_one(built: Network, call: BindInterface | OpenPort) -> None:
    (found,) = diagnose(built, TO_SERVICE).causes
    assert found.cause == "firewalld-zone-blocks-port"
    assert found.candidate.change.calls == (call,)
