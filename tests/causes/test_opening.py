"""What an event lets through: a rule of somebody's own that nothing loads again."""

from typing import NamedTuple

import msgspec
import pytest

from hairpin.causes.cause import Coming, Finding
from hairpin.causes.opening import lost_rules, rules_on_the_way
from hairpin.causes.registry import causes_of_flows
from hairpin.causes.where import OfRule
from hairpin.diagnose.examination import examine
from hairpin.events.course import Course
from hairpin.events.firewalls._firewalld import with_firewalld_started
from hairpin.events.firewalls._zones import with_links_bound
from hairpin.host.managers import ConfigFile, Unit
from hairpin.network.flow import Flow, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.causes.engine_rules.test_engine_rules import of_later_netavark
from tests.engines.test_netavark import NATIVE, on
from tests.firewalld_host import PUBLIC, with_firewalld
from tests.rule_text import with_rule
from tests.small_host import (
    DOCKER_RULES,
    FORWARDING,
    HOST_NETNS,
    WEB,
    container,
    egress,
    engine,
    host_namespace,
    network,
    published,
)

ALWAYS = msgspec.structs.replace(container(), restart_policy="always")
DOCKER = Unit("docker.service", "active", "enabled")
SAVED = Unit("netfilter-persistent.service", "active", "enabled", before=("network-pre.target",))
BAN = "-s 192.0.2.0/24 -j DROP"
FILE = f"*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER {BAN}\nCOMMIT\n"
OFF = host_namespace(values=dict.fromkeys(FORWARDING, "0"))


def denied(*files: tuple[str, str], rules: str = with_rule("filter DOCKER-USER", BAN)) -> Network:
    made = network(host_namespace(rules), docker=engine(ALWAYS))
    read = tuple(ConfigFile(path, text) for path, text in files)
    return made.with_host(msgspec.structs.replace(made.this, files=read, units=(DOCKER, SAVED), boot_lines=()))


def findings(within: Network, *flows: Flow) -> dict[str, Finding]:
    """Return what the causes that look at all asked flows find, by its cause."""
    asked = examine(within, flows).asked
    return {cause.id: each for cause in causes_of_flows(asked) for each in cause.of_flows(asked)}


def opened(within: Network) -> list[tuple[str | None, str, tuple[int, ...], str, str]]:
    found: list[tuple[str | None, str, tuple[int, ...], str, str]] = []
    for each in findings(within, published(), egress()).values():
        where = each.candidate.where
        assert isinstance(where, OfRule)
        assert each.proof is not None
        verdicts = each.proof.without_change, each.proof.with_change
        found.append((each.event, where.place.text, each.flows, *verdicts))
    return found


def test_a_ban_that_nothing_loads_again() -> None:
    assert opened(denied()) == [("reboot", f"-A DOCKER-USER {BAN}", (0,), "delivered", "dropped")]


def test_a_ban_in_the_saved_rules_stays() -> None:
    assert opened(denied(("/etc/iptables/rules.v4", FILE))) == []


def test_a_rule_that_a_start_of_dockerd_overtakes() -> None:
    """dockerd puts its rules for docker0 before all others.  A rule without a client or a port is as a policy."""
    for_one = with_rule("filter FORWARD", "-s 192.0.2.0/24 -j DROP")
    found = findings(denied(rules=for_one), published())["runtime-only-rule"]
    assert (found.event, str(found.candidate.detail)) == (
        "docker-restart",
        (
            "Other rules will accept these clients before they reach this rule: filter FORWARD: "
            "-A FORWARD -s 192.0.2.0/24 -j DROP."
        ),
    )
    assert "docker-restart" not in [each[0] for each in opened(denied(rules=with_rule("filter FORWARD", "-j DROP")))]


def test_what_no_rule_denies_is_no_ban() -> None:
    """An accident that a boot heals."""
    off = network(OFF, docker=engine(ALWAYS))
    assert opened(off.with_host(msgspec.structs.replace(off.this, boot_lines=()))) == []
    assert opened(network()) == []


DIRECT = Flow(Lan(parse_address("198.51.100.7")[1]), 4, WEB, "tcp", 80)
FREE = DOCKER_RULES.replace(":FORWARD DROP", ":FORWARD ACCEPT")
KEPT_OUT = "-A PREROUTING -d 172.17.0.2/32 ! -i docker0 -p tcp -m tcp --dport 80 -j DROP"
PROTECTED = f"*raw\n:PREROUTING ACCEPT [0:0]\n{KEPT_OUT}\nCOMMIT\n{FREE}"
OPEN_ZONES: dict[str, str] = dict.fromkeys(
    (PUBLIC, "/etc/firewalld/zones/docker.xml"), '<zone target="ACCEPT"><forward/></zone>'
)


def beside_firewalld(*, listens: bool) -> Network:
    """Return the host of a dockerd 28, which keeps neighbours from the container's own address; firewalld lets all
    pass.  dockerd ``listens`` to it if it has started after it."""
    docker = msgspec.structs.replace(engine(ALWAYS), version="28.1.0")
    within = network(host_namespace(PROTECTED), docker=docker)
    within = within.with_host(msgspec.structs.replace(within.this, boot_lines=()))
    beside = with_firewalld(OPEN_ZONES, within=within)
    course = with_firewalld_started(Course(beside, "test"), beside.this)
    live = (with_links_bound(course, "docker", ("docker0",)) if listens else course).network
    table = live.namespace(HOST_NETNS).ruleset.table("inet", "firewalld")
    assert table is not None
    rules = within.namespace(HOST_NETNS).ruleset
    both = msgspec.structs.replace(rules, tables=(*rules.tables, table))
    return live.with_namespace(HOST_NETNS, msgspec.structs.replace(live.namespace(HOST_NETNS), ruleset=both))


def test_an_engines_rule_that_a_reload_of_firewalld_takes() -> None:
    found = findings(beside_firewalld(listens=False), DIRECT)["firewalld-reload-loses-engine-protection"]
    assert found.event == "firewalld-reload"
    assert str(found.candidate.detail).startswith(
        "The rule that stops these clients now will be gone: raw PREROUTING: "
    )


def test_an_engines_rule_that_it_puts_back() -> None:
    assert findings(beside_firewalld(listens=True), DIRECT) == {}


class OpenedCase(NamedTuple):
    """A host on which an event opens what keeps this flow out, and the names by which that is told."""

    within: Network
    flow: Flow
    causes: tuple[str, ...]


OPENED: dict[str, OpenedCase] = {
    "a ban by hand": OpenedCase(denied(), published(), ("runtime-only-rule",)),
    "an engine's rule": OpenedCase(
        beside_firewalld(listens=False), DIRECT, ("firewalld-reload-loses-engine-protection",)
    ),
}


@pytest.mark.parametrize("case", OPENED.values(), ids=OPENED)
def test_its_name(case: OpenedCase) -> None:
    assert tuple(findings(case.within, case.flow)) == case.causes


@pytest.mark.parametrize(("table", "told"), (("netavark", False), ("own", True)))
def test_a_rule_of_netavarks_own_is_no_ban(table: str, told: bool) -> None:
    chain = "chain ban {\n type filter hook forward priority -1;\n ip saddr 192.0.2.0/24 drop\n }"
    ban = f"table inet {table} {{\n {chain}\n}}\n"
    held = on(NATIVE).ruleset.tables if table != "netavark" else ()
    own = on(ban + NATIVE if table == "netavark" else ban).ruleset.tables
    whole = of_later_netavark(NATIVE)
    (podman,) = whole.this.engines
    web = msgspec.structs.replace(podman.containers[0], restart_policy="always")
    rules = msgspec.structs.replace(whole.this.namespace("host").ruleset, tables=(*held, *own))
    outer = msgspec.structs.replace(whole.this.namespace("host"), ruleset=rules)
    inner = tuple(each for each in whole.this.namespaces if each.name != "host")
    restart = Unit("podman-restart.service", "active", "enabled", after=("network-online.target",))
    host = msgspec.structs.replace(
        whole.this, namespaces=(outer, *inner), engines=(podman.with_container(web),), units=(restart,), boot_lines=()
    )
    assert ("runtime-only-rule" in findings(whole.with_host(host), published())) is told


SHUT = with_rule("filter DOCKER-USER", "-p tcp --dport 80 -j DROP")
LET_IN = with_rule("filter DOCKER-USER", "-s 192.0.2.0/24 -j ACCEPT", SHUT)
OTHER = with_rule("filter DOCKER-USER", "-s 203.0.113.0/24 -j ACCEPT", SHUT)


def coming(was: str, then: str) -> Coming:
    """Return what stops the published port once the rules are those of ``then``."""
    flow = published()
    after = network(host_namespace(then))
    (found,) = examine(after, (flow,)).causes
    before: Network = network(host_namespace(was))
    return Coming("reboot", before.this.name, before, after, flow, found)


def test_a_rule_that_is_gone() -> None:
    of_hand = [each.text for each in lost_rules(coming(LET_IN, SHUT))]
    assert of_hand == ["-A DOCKER-USER -s 192.0.2.0/24 -j ACCEPT"]


def test_a_rule_that_stays_is_not_lost() -> None:
    late = LET_IN.replace("-A DOCKER-USER -s 192.0.2.0/24 -j ACCEPT\n", "")
    late = late.replace("-A DOCKER-USER -j RETURN\n", "-A DOCKER-USER -s 192.0.2.0/24 -j ACCEPT\n")
    found = coming(LET_IN, late)
    assert list(lost_rules(found)) == []
    assert [each.text for each in rules_on_the_way(found)] == ["-A DOCKER-USER -s 192.0.2.0/24 -j ACCEPT"]


def test_an_engines_rule_is_not_somebodys_own() -> None:
    assert list(rules_on_the_way(coming(DOCKER_RULES, SHUT))) == []
