"""What ufw's events do to its host's rules.

``python -m tests.matrix --host ufw --host firewall --event ufw-reload …`` holds it against the real ufw.
"""

import msgspec
import pytest

from hairpin.change.change import InsertRule
from hairpin.events.course import Course
from hairpin.events.happening import asked_course
from hairpin.host.sysctl import Sysctls
from hairpin.netfilter.ir import Chain, Rule, Verdict
from hairpin.network.network import Network
from hairpin.question.target import parse_event
from tests.small_host import HOST_NETNS, host_namespace, network
from tests.ufw_host import AFTER, BEFORE, default, enabled, user_rules, with_ufw

JUMPS = [f"ufw-{each}-input" for each in ("before-logging", "before", "after", "after-logging", "reject", "track")]
ON_DENY = [
    "-A ufw-logging-deny -m conntrack --ctstate INVALID -m limit --limit 3/min --limit-burst 10 -j RETURN",
    '-A ufw-logging-deny -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "',
]


def after(within: Network, event: str) -> Course:
    return asked_course(within, parse_event(event))[1]


def chain_of(course: Course, name: str, table: str = "filter") -> Chain | None:
    found = course.namespace.ruleset.table("ip", table, "iptables-nft")
    assert found is not None
    return found.chain(name)


def rules(course: Course, chain: str, table: str = "filter") -> list[str]:
    found = chain_of(course, chain, table)
    assert found is not None
    return [rule.text for rule in found.rules]


def policies(course: Course) -> list[str | None]:
    chains = [chain_of(course, name) for name in ("INPUT", "FORWARD", "OUTPUT")]
    return [chain.policy if chain is not None else None for chain in chains]


def test_ufw_goes_behind_the_engine() -> None:
    course = after(with_ufw(), "ufw-enable")
    assert rules(course, "FORWARD")[0] == "-A FORWARD -j DOCKER-USER"
    assert rules(course, "FORWARD")[-6] == "-A FORWARD -j ufw-before-logging-forward"
    assert rules(course, "INPUT") == [f"-A INPUT -j {each}" for each in JUMPS]
    assert rules(course, "ufw-before-input")[-1] == "-A ufw-before-input -j ufw-user-input"
    assert policies(course) == ["drop", "drop", "accept"]
    assert (course.host.ufw is not None and course.host.ufw.enabled, course.failures, course.missing) == (True, (), ())


def test_a_reload_keeps_the_jumps_and_empties_the_chains() -> None:
    on = enabled(with_ufw())
    by_hand, own = (Rule((Verdict("drop"),), f"-A {chain} -j DROP", 1) for chain in ("ufw-user-input", "INPUT"))
    within = Course(on, "test").made(
        InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "ufw-user-input", by_hand, 1),
        InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "INPUT", own, 1),
    )
    course = after(within.network, "ufw-reload")
    assert rules(course, "ufw-user-input") == []
    assert rules(course, "INPUT") == ["-A INPUT -j DROP", *(f"-A INPUT -j {each}" for each in JUMPS)]
    untouched = after(on, "ufw-reload")
    assert untouched.namespace.ruleset == Course(on, "test").namespace.ruleset


def test_a_disabled_ufw_leaves_its_jumps_and_opens_the_policies() -> None:
    course = after(enabled(with_ufw()), "ufw-disable")
    assert rules(course, "INPUT") == [f"-A INPUT -j {each}" for each in JUMPS]
    assert rules(course, "ufw-before-input") == []
    assert chain_of(course, "ufw-user-input") is None
    assert policies(course) == ["accept", "accept", "accept"]
    again = after(course.network, "ufw-enable")
    assert len(rules(again, "INPUT")) == len(JUMPS)


POLICIES = {
    "reject": (
        "REJECT", "DROP", {"ufw-reject-input": ["-A ufw-reject-input -j REJECT --reject-with icmp-port-unreachable"]},
        ["drop", "drop", "accept"],
    ),
    "accept": (
        "ACCEPT", "ACCEPT",
        {
            "ufw-track-forward": [
                f"-A ufw-track-forward -p {each} -m conntrack --ctstate NEW -j ACCEPT" for each in ("tcp", "udp")
            ],
            "ufw-skip-to-policy-input": ["-A ufw-skip-to-policy-input -j ACCEPT"],
        },
        ["accept", "accept", "accept"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("policy", "forward", "chains", "builtin"), POLICIES.values(), ids=POLICIES)
def test_default_policies(policy: str, forward: str, chains: dict[str, list[str]], builtin: list[str]) -> None:
    course = after(with_ufw(default=default(policy, forward=forward)), "ufw-enable")
    assert {name: rules(course, name) for name in chains} == chains
    assert policies(course) == builtin


LEVELS: dict[str, tuple[list[str], list[str], list[str] | None]] = {
    "off": ([], [], ["-A ufw-user-limit -j REJECT --reject-with icmp-port-unreachable"]),
    "low": (ON_DENY, [], None),
    "nonsense": (ON_DENY, [], None),
    "full": (
        [
            '-A ufw-logging-deny -m conntrack --ctstate INVALID -j LOG --log-prefix "[UFW AUDIT INVALID] "',
            '-A ufw-logging-deny -j LOG --log-prefix "[UFW BLOCK] "',
        ],
        ['-A ufw-before-logging-input -j LOG --log-prefix "[UFW AUDIT] "'],
        None,
    ),
}


@pytest.mark.parametrize(("level", "expected"), LEVELS.items(), ids=LEVELS)
def test_what_is_logged(level: str, expected: tuple[list[str], list[str], list[str] | None]) -> None:
    """The limit's rule is replaced, however its file writes it."""
    course = after(with_ufw(conf=f"LOGLEVEL={level}\n"), "ufw-enable")
    limited = [
        '-A ufw-user-limit -m limit --limit 3/min -j LOG --log-prefix "[UFW LIMIT BLOCK] "',
        "-A ufw-user-limit -j REJECT --reject-with icmp-port-unreachable",
    ]
    found = tuple(rules(course, f"ufw-{each}") for each in ("logging-deny", "before-logging-input", "user-limit"))
    assert found == (expected[0], expected[1], expected[2] or limited)
    assert rules(course, "ufw-user-logging-input") == (
        [] if level != "off" else ["-A ufw-user-logging-input -j RETURN"]
    )


def test_a_chain_that_others_use_stays_and_nat_rules_come_once_more() -> None:
    """As with ufw-docker's block, and with rules for nat in before.rules."""
    masquerading = "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 10.9.0.0/24 -o eth0 -j MASQUERADE\nCOMMIT\n"
    block = "*filter\n:ufw-user-forward - [0:0]\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -j ufw-user-forward\nCOMMIT\n"
    on = enabled(with_ufw(before=masquerading + BEFORE, after=AFTER + block))
    course = after(on, "ufw-reload")
    assert rules(course, "DOCKER-USER") == ["-A DOCKER-USER -j ufw-user-forward"]
    assert len([each for each in rules(course, "POSTROUTING", "nat") if "10.9.0.0/24" in each]) == 2
    assert chain_of(after(on, "ufw-disable"), "ufw-user-forward") is not None
    assert chain_of(after(on, "ufw-disable"), "ufw-user-output") is None


def test_a_ufw_that_manages_the_built_in_chains_takes_the_engines_rules() -> None:
    within = with_ufw(default=default("DROP", "MANAGE_BUILTINS=yes"))
    course = after(within, "ufw-enable")
    assert len(rules(course, "FORWARD")) == len(JUMPS)
    assert chain_of(course, "DOCKER-USER") is None
    assert rules(course, "PREROUTING", "nat") == []
    assert rules(course, "DOCKER", "nat") != []
    assert rules(after(course.network, "ufw-disable"), "INPUT") == []


def test_a_ufw_that_takes_itself_for_started() -> None:
    """Somebody's own rule keeps its chain, so a reload leaves the host open, and ufw switched off.

    Source: ufw-init-functions ufw_start()"""
    jump = user_rules() + "*filter\n:mine - [0:0]\n-A mine -j ufw-user-input\nCOMMIT\n"
    course = after(enabled(with_ufw(user=jump)), "ufw-reload")
    assert policies(course) == ["accept", "accept", "accept"]
    assert rules(course, "ufw-before-input") == []
    assert list(map(str, course.failures)) == ["ufw does not start: its chain ufw-user-logging-input is gone"]
    assert course.host.ufw is not None
    assert not course.host.ufw.enabled


def test_sysctls_of_ufw() -> None:
    within = with_ufw(
        network(host_namespace(values={"conf__all__rp_filter": "0"})), sysctl="net/ipv4/conf/all/rp_filter=1"
    )
    assert after(within, "ufw-enable").namespace.sysctls.text("net", "ipv4", "conf", "all", "rp_filter") == "1"
    unread = default("DROP").replace("/etc/ufw/sysctl.conf", "/srv/own.conf")
    assert after(with_ufw(default=unread), "ufw-enable").missing == ("ufw-sysctl",)


def test_a_file_that_ufw_cannot_load() -> None:
    """What is in the others is loaded all the same; ufw is not enabled, and logs nothing."""
    course = after(with_ufw(before="*filter\n-A none -j DROP\nCOMMIT\n"), "ufw-enable")
    assert [str(each).partition(":")[0] for each in course.failures] == ["/etc/ufw/before.rules is not loaded"]
    assert policies(course) == ["drop", "drop", "accept"]
    assert course.host.ufw is not None
    assert not course.host.ufw.enabled
    assert rules(course, "ufw-logging-deny") == []
    assert str(after(with_ufw(after="\n"), "ufw-enable").failures[0]) == "/etc/ufw/after.rules is empty"


@pytest.mark.parametrize(
    ("within", "missing"),
    ((with_ufw(scripts=None), "ufw-hooks"), (with_ufw(default=""), "ufw-default"), (with_ufw(user=""), "ufw-rules"),
     (with_ufw(default="IPV6=no\n"), "ufw-default")),
)  # fmt: skip
def test_readings_that_a_snapshot_may_lack(within: Network, missing: str) -> None:
    course = after(within, "ufw-enable")
    assert course.missing == (missing,)


def test_a_script_that_ufw_runs_is_a_condition() -> None:
    (said,) = after(with_ufw(scripts=("/etc/ufw/after.init",)), "ufw-enable").conditions
    assert str(said) == "the script /etc/ufw/after.init, which ufw runs, changes nothing"


def test_ufw_without_ipv6_closes_it() -> None:
    """It replaces the whole table, the engine's chains included."""
    six = host_namespace()
    values = {**six.sysctls.values, ("net", "ipv6", "conf", "all", "forwarding"): "1"}
    within = network(msgspec.structs.replace(six, sysctls=Sysctls(values)))
    course = after(with_ufw(within, default=default().replace("IPV6=yes", "IPV6=no")), "ufw-enable")
    table = course.namespace.ruleset.table("ip6", "filter", "iptables-nft")
    assert table is not None
    assert [(chain.name, chain.policy, len(chain.rules)) for chain in table.chains] == [
        ("INPUT", "drop", 1), ("FORWARD", "drop", 0), ("OUTPUT", "drop", 1),
    ]  # fmt: skip
    lacking = after(with_ufw(within), "ufw-enable")
    assert lacking.missing == ("ufw-rules",)
