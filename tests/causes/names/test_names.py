"""Names of containers, and the name servers that containers ask."""

import pytest
from msgspec.structs import replace

from hairpin.change.calls import ReloadNetworks
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, FromContainer, FromHost
from hairpin.network.names import EMBEDDED, STUB
from hairpin.network.network import Network
from hairpin.remedy.plan import remedies
from tests.causes.case import Case, is_silent
from tests.names_host import asking, named
from tests.podman_host import with_podman
from tests.small_host import GATEWAY, HOST_NETNS, number, sibling
from tests.user_stack_host import SERVER, on_users_network, rootless

LOOPBACK = 0x7F000001
TOGETHER = named("shop", other=("shop",))


REWRITTEN = number("10.64.0.1")


def rewritten(*servers: str) -> Network:
    """Return the host whose web and api share a network, and web's resolv.conf has these servers."""
    (described,) = TOGETHER.this.engines
    changed = tuple(replace(each, resolvers=servers) if each.name == "web" else each for each in described.containers)
    return TOGETHER.with_host(replace(TOGETHER.this, engines=(replace(described, containers=changed),)))


def dns(server: int) -> Flow:
    """Return web's usual question to a name server."""
    return Flow(FromContainer("web", sibling("container:web")), 4, server, "udp", 53, purpose="dns")


_STUB = "nameserver 127.0.0.53\n"


def stubbed() -> Network:
    """Return the host of a rootless container whose own name server runs at systemd-resolved's address."""
    whole = rootless(servers=_STUB)
    (outer,) = (each for each in whole.this.namespaces if each.name == HOST_NETNS.name)
    own = replace(outer, sockets=(*outer.sockets, Socket("udp", 4, STUB, 53, process="systemd-resolve")))
    others = tuple(each for each in whole.this.namespaces if each is not outer)
    return whole.with_host(replace(whole.this, namespaces=(own, *others)))


def hosted(*, hosts_file: str = "") -> tuple[Network, Flow]:
    """Return the host whose web is on the host's network, and its question."""
    whole = named("host", server="192.0.2.53")
    (host,) = whole.hosts
    (described,) = host.engines
    on_it = tuple(
        replace(each, netns="host", resolvers=("192.0.2.53",)) if each.name == "web" else each
        for each in described.containers
    )
    changed: Host = replace(
        host, engines=(replace(described, containers=on_it),), files=(ConfigFile("/etc/hosts", hosts_file),)
    )
    flow = replace(asking(), start=FromContainer("web", HOST_NETNS))
    return replace(whole, hosts=(changed,)), flow


def moved_to_the_host() -> Network:
    """Return the host whose api is on the host's network."""
    (described,) = TOGETHER.this.engines
    moved = tuple(
        replace(each, network_mode="host", netns="host", endpoints=()) if each.name == "api" else each
        for each in described.containers
    )
    engines = (replace(described, containers=moved),)
    return TOGETHER.with_host(replace(TOGETHER.this, engines=engines))


def resolving(*, alive: bool, served: bool = True, other: str = "") -> Network:
    """Return the host with a network of Podman whose containers ask aardvark-dns for names.  ``other``: a program that
    listens on port 53 of every address."""
    whole = with_podman()
    (described,) = whole.this.engines
    (joined,) = described.networks
    named_by_it = replace(described, networks=(replace(joined, dns_enabled=served),))
    host = whole.this.namespace("host")
    aardvark = (Socket("udp", 4, GATEWAY, 53, process="aardvark-dns"),) if alive else ()
    squatter = (Socket("udp", 4, None, 53, process=other, pid=9),) if other else ()
    listening = replace(host, sockets=(*host.sockets, *aardvark, *squatter))
    others = tuple(each for each in whole.this.namespaces if each.name != "host")
    changed = replace(whole.this, engines=(named_by_it,), namespaces=(listening, *others))
    return whole.with_host(changed)


CASES: dict[str, Case] = {
    "both are on the default network": Case(named("bridge"), asking(), ("default-bridge-has-no-names",), TOGETHER),
    "the asked one is on the default network": Case(
        named("shop", other=("bridge",)), asking(), ("default-bridge-has-no-names",), TOGETHER
    ),
    "the asking one is on the default network": Case(
        named("bridge", other=("shop",)), asking(), ("default-bridge-has-no-names",), TOGETHER
    ),
    "they are on two networks": Case(
        named("office", other=("shop",)), asking(), ("no-common-network-for-name",), TOGETHER
    ),
    "a VPN's client rewrote its resolv.conf": Case(
        rewritten("10.64.0.1"), asking(server=REWRITTEN), ("resolv-conf-rewritten",), rewritten("127.0.0.11")
    ),
    "the engine's server is the second in its resolv.conf": Case(
        rewritten("10.64.0.1", "127.0.0.11"),
        asking(server=REWRITTEN),
        ("resolv-conf-rewritten",),
        rewritten("127.0.0.11", "10.64.0.1"),
    ),
    "the asking one is on the host's network": Case(
        hosted()[0], hosted()[1], ("host-network-has-no-names",), hosted(hosts_file="172.18.0.3 api")[0]
    ),
    "the asked one is on the host's network": Case(
        moved_to_the_host(), asking(), ("host-network-has-no-names",), TOGETHER
    ),
    "the name server of its Podman network is gone": Case(
        resolving(alive=False), dns(GATEWAY), ("engine-resolver-gone",), resolving(alive=True)
    ),
    "the host's name server behind its network process is gone": Case(
        rootless(servers=_STUB), dns(number(SERVER)), ("host-resolver-gone",), stubbed()
    ),
    "the host asks its own name server, which is gone": Case(
        rootless(servers=_STUB), Flow(FromHost(), 4, STUB, "udp", 53, purpose="dns"), ("host-resolver-gone",), stubbed()
    ),
    "its name server is its own loopback": Case(
        named("bridge", server="127.0.0.53"), dns(0x7F000035), ("loopback-is-the-container",), named("bridge")
    ),
    "its resolv.conf names no server": Case(
        named("bridge", server=""), dns(LOOPBACK), ("loopback-is-the-container",), named("bridge")
    ),
}

HARMLESS: dict[str, tuple[Network, Flow]] = {
    "a link has the name": (named("bridge", extra_names=("api",)), asking()),
    "an FQDN may be known outside": (named("bridge"), asking("api.corp.example")),
    "one of two networks is common": (named("bridge", "shop", other=("bridge", "shop")), asking(server=EMBEDDED)),
    "the usual question to a server outside": (named("bridge"), dns(asking().daddr)),
}


@pytest.mark.parametrize("case", [each for each in CASES.values() if each.flow.asked_name], ids=str)
def test_nothing_is_named_on_the_host_without_the_fault(case: Case) -> None:
    is_silent(case.whole, case.flow)


def test_a_network_is_made_and_both_are_connected_to_it() -> None:
    (suspect,) = diagnose(named("bridge"), asking()).causes
    (remedy,) = remedies(suspect.cause, suspect.candidate, named("bridge"))
    assert remedy.commands == (
        "docker network create shared1",
        "docker network connect shared1 web",
        "docker network connect shared1 api",
    )


def test_one_is_connected_to_the_network_of_the_other() -> None:
    (suspect,) = diagnose(named("bridge", other=("shop",)), asking()).causes
    (remedy,) = remedies(suspect.cause, suspect.candidate, named("bridge", other=("shop",)))
    assert remedy.commands == ("docker network connect shop web",)


def test_the_repair_of_a_lost_name_server_reloads_the_network_and_no_more() -> None:
    (found,) = diagnose(resolving(alive=False), dns(GATEWAY)).causes
    assert found.candidate.change.calls == (ReloadNetworks(("web",)),)


def of_user(*, alive: bool) -> tuple[Network, Flow]:
    """Return the host with a rootless container on a network with name resolution, and its question to the gateway."""
    whole = on_users_network(tap=True)
    (inner,) = (each for each in whole.this.namespaces if each.name.startswith("netns:rootless"))
    (described,) = whole.this.engines
    aardvark = (Socket("udp", 4, GATEWAY, 53, process="aardvark-dns"),) if alive else ()
    others = tuple(each for each in whole.this.namespaces if each is not inner)
    (joined,) = described.networks
    changed = replace(
        whole.this,
        engines=(replace(described, networks=(replace(joined, dns_enabled=True),)),),
        namespaces=(*others, replace(inner, sockets=aardvark)),
    )
    web = FromContainer("web", sibling("container:web"))
    return whole.with_host(changed), Flow(web, 4, GATEWAY, "udp", 53, purpose="dns")


def test_the_name_server_of_a_user_runs_in_the_namespace_with_the_users_networks() -> None:
    (found,) = diagnose(*of_user(alive=False)).causes
    assert found.cause == "engine-resolver-gone"
    assert found.candidate.change.calls == (ReloadNetworks(("web",), "ann"),)
    is_silent(*of_user(alive=True))


def test_a_name_server_that_podman_does_not_find_is_installed_before_it_is_reloaded() -> None:
    whole = resolving(alive=False)
    (described,) = whole.this.engines
    without = replace(whole.this, engines=(replace(described, has_resolver=False),))
    (found,) = diagnose(whole.with_host(without), dns(GATEWAY)).causes
    assert found.cause == "engine-resolver-gone"
    assert "is not installed" in str(found.candidate.title)
    assert found.candidate.change.calls == ()


def test_another_program_in_the_place_of_the_name_server_knows_no_container() -> None:
    query = replace(dns(GATEWAY), asked_name="web")
    (found,) = diagnose(resolving(alive=False, other="unbound"), query).causes
    assert found.cause == "engine-resolver-gone"
    assert "unbound" in str(found.candidate.title)
    assert found.candidate.change.calls == ()
    is_silent(resolving(alive=True, other="unbound"), query)


def test_a_network_without_names_has_no_name_server_to_lose() -> None:
    found = diagnose(resolving(alive=False, served=False), dns(GATEWAY)).causes
    assert "engine-resolver-gone" not in {each.cause for each in found}
