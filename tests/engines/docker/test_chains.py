"""The notebook of iptables chains."""

from hairpin.engines.docker.chains import Chains, Draft, Place

FORWARD = Place("ip", "filter", "FORWARD")
A, B, C = (Draft(f"-i {name} -j ACCEPT", "outgoing", name) for name in "abc")


def written(chains: Chains) -> list[str]:
    return [one.rule.text for one in chains.rules()]


def test_insert_goes_to_the_head_and_append_to_the_end() -> None:
    chains = Chains()
    chains.append(FORWARD, A)
    chains.insert(FORWARD, B)
    chains.append(FORWARD, C)
    assert written(chains) == [f"-A FORWARD {draft.text}" for draft in (B, A, C)]
    assert [one.position for one in chains.rules()] == ["first", "last", "last"]


def test_a_rule_that_is_there_is_not_added_again() -> None:
    chains = Chains()
    chains.append(FORWARD, A)
    chains.insert(FORWARD, A)
    assert written(chains) == [f"-A FORWARD {A.text}"]


def test_put_first_moves() -> None:
    chains = Chains()
    for draft in (A, B):
        chains.append(FORWARD, draft)
    chains.put_first(FORWARD, B)
    assert written(chains) == [f"-A FORWARD {draft.text}" for draft in (B, A)]


def test_chains_and_families_do_not_mix() -> None:
    chains = Chains()
    chains.make(Place("ip6", "filter", "DOCKER"))
    chains.append(FORWARD, A)
    chains.append(Place("ip6", "filter", "DOCKER"), A)
    assert [(one.family, one.chain) for one in chains.rules()] == [("ip", "FORWARD"), ("ip6", "DOCKER")]
    assert [(one.family, one.chain) for one in chains.chains()] == [("ip6", "DOCKER")]


def test_a_rule_keeps_why_it_is_there() -> None:
    chains = Chains()
    chains.append(FORWARD, A)
    (rule,) = chains.rules()
    assert (rule.purpose, rule.network, rule.rule.number) == ("outgoing", "a", 1)
