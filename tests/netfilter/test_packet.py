from hairpin.netfilter.packet import TCP, Tuple


def test_a_reversed_tuple_is_that_of_the_reply() -> None:
    asked = Tuple(1, 2, TCP, 40000, 80)
    assert asked.reversed() == Tuple(2, 1, TCP, 80, 40000)
    assert asked.reversed().reversed() == asked
