from hairpin.netfilter import ir
from hairpin.netfilter.nft.maps import choose, is_implied, map_elements, membership, verdict_map
from hairpin.netfilter.nft.matches import compare
from hairpin.netfilter.nft.scope import MAX_OPTIONS, Choice, Scope
from hairpin.netfilter.nft.syntax import Json, Object

TCP = ir.FieldMatch("protocol", ((6, 6),))
ACCEPT, DROP = ir.Verdict("accept"), ir.Verdict("drop")
DPORT: Json = {"payload": {"protocol": "tcp", "field": "dport"}}
DICE: Json = {"numgen": {"mode": "random", "mod": 2, "offset": 0}}
LOW_MARK: Json = {"&": [{"meta": {"key": "mark"}}, 255]}


def scope(**maps: Object) -> Scope:
    return Scope("ip", "t", maps=maps)


def vmap(key: Json, *elements: Json) -> Json:
    return {"key": key, "data": {"set": list(elements)}}


def mark(value: int) -> ir.FieldMatch:
    return ir.FieldMatch("mark", ((value, value),), mask=255)


def test_fields_have_a_node_of_their_own() -> None:
    elements: list[Json] = [["*", {"drop": None}], [22, {"jump": {"target": "ssh"}}]]
    assert verdict_map(vmap(DPORT, *elements), scope()) == (
        TCP,
        ir.VerdictMap(
            ("dport",), (ir.VerdictElement((ir.NumberKey(22, 22),), ir.Jump("ssh")), ir.VerdictElement((), DROP))
        ),
    )


def test_a_named_map_is_looked_up_by_name() -> None:
    where = scope(ports={"name": "ports", "type": "inet_service", "map": "verdict"})
    assert verdict_map({"key": DPORT, "data": "@ports"}, where) == (TCP, ir.VerdictMap(("dport",), map="ports"))


def test_a_map_that_is_not_there_or_not_understood_is_outside() -> None:
    unknown = (TCP, ir.Outside("vmap", "tcp dport vmap @ports"))
    assert verdict_map({"key": DPORT, "data": "@ports"}, scope()) == unknown
    declared: Object = {"name": "ports", "elem": [[22, {"queue": None}]]}
    where = Scope("ip", "t", maps={"ports": declared}, unread=frozenset({"ports"}))
    assert verdict_map({"key": DPORT, "data": "@ports"}, where) == unknown


def test_a_changed_field_becomes_an_option_for_each_element() -> None:
    found = verdict_map(vmap(LOW_MARK, [1, {"accept": None}], [2, {"drop": None}]), scope())
    assert found == Choice((), ((mark(1), ACCEPT), (mark(2), DROP)))


def test_the_default_applies_if_no_other_option_does() -> None:
    found = verdict_map(vmap(LOW_MARK, ["*", {"drop": None}], [1, {"return": None}]), scope())
    other = ir.AnyOfMatch((mark(1),), negated=True)
    assert found == Choice((), ((mark(1), ir.Verdict("return")), (other, DROP)))


def test_a_fib_lookup_is_an_option_too() -> None:
    key: Json = {"fib": {"result": "type", "flags": ["daddr"]}}
    found = verdict_map(vmap(key, ["local", {"accept": None}]), scope())
    assert found == Choice((), ((ir.FibMatch("daddr", ("local",)), ACCEPT),))


def test_the_last_value_of_numgen_needs_no_match() -> None:
    found = verdict_map(vmap(DICE, [0, {"accept": None}], [1, {"drop": None}]), scope())
    assert found == Choice((), ((ir.StatefulMatch("numgen", "numgen random mod 2 0"), ACCEPT), (DROP,)))


def test_a_value_of_numgen_without_an_element_ends_the_rule() -> None:
    found = verdict_map(vmap(DICE, [1, {"drop": None}]), scope())
    assert found == Choice((), ((ir.StatefulMatch("numgen", "numgen random mod 2 1"), DROP),))


def test_a_number_that_is_always_or_never_drawn_is_no_chance() -> None:
    drawn = [compare(DICE, operator, number, scope())[-1] for operator, number in (("<", 2), (">", 1), ("<", 1))]
    told = [(each.usual, each.fixed) for each in drawn if isinstance(each, ir.StatefulMatch)]
    assert told == [(True, True), (False, True), (True, False)]


def test_too_many_options_are_outside() -> None:
    elements: list[Json] = [[number, {"accept": None}] for number in range(MAX_OPTIONS + 1)]
    found = verdict_map(vmap(LOW_MARK, *elements), scope())
    assert isinstance(found, tuple)
    assert isinstance(found[-1], ir.Outside)


def test_a_default_after_options_of_several_parts_is_outside_of_the_model() -> None:
    key: Json = {"concat": [DPORT, LOW_MARK]}
    elements: list[Json] = [[{"concat": [22, 1]}, {"accept": None}], ["*", {"drop": None}]]
    found = verdict_map(vmap(key, *elements), scope())
    assert isinstance(found, tuple)
    assert isinstance(found[-1], ir.Outside)


def test_choose_takes_any_action() -> None:
    found = choose(DPORT, [[22, 5]], lambda value: (ir.SetField("mark", value=5),) if value == 5 else None, scope())
    assert found == Choice((TCP,), ((ir.FieldMatch("dport", ((22, 22),)), ir.SetField("mark", value=5)),))
    assert choose(DPORT, [[22, 6]], lambda _: None, scope()) is None


def test_elements_of_a_map_by_name() -> None:
    assert map_elements("@m", scope(m={"elem": [[1, 2]]})) == [[1, 2]]
    assert map_elements("@m", scope()) is None
    assert map_elements({"set": [[1, 2]]}, scope()) == [[1, 2]]


def test_a_map_to_objects_needs_a_known_key() -> None:
    known = membership({"key": DPORT, "data": {"set": [[80, "web"], [443, "web"]]}}, scope())
    assert known == (TCP, ir.FieldMatch("dport", ((80, 80), (443, 443))))
    assert membership({"key": DPORT, "data": {"set": [["*", "web"]]}}, scope()) == (TCP,)
    assert membership({"key": DPORT, "data": "@m"}, scope()) is None


def test_the_conditions_that_nft_implies() -> None:
    assert is_implied(TCP)
    assert not is_implied(mark(1))
    assert not is_implied(ACCEPT)
