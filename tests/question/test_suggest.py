"""The nearest of known words and ports."""

from hairpin.question.suggest import close, is_slip, port_distance, word_list

PORTS = (80, 443, 8080, 8151, 8152, 9000)


def test_words_that_look_alike() -> None:
    assert close("chek", ("check", "walk", "prove")) == ("check",)
    assert close("web", ("database", "cache")) == ()


def test_a_short_list_is_whole_and_a_long_one_is_cut() -> None:
    assert word_list("x", ("b", "a", "b")) == "a, b"
    assert str(word_list("x", ())) == "none"
    assert str(word_list("app3", [f"app{n}" for n in range(10)])).endswith("and 5 more")
    assert "app3" in str(word_list("app3", [f"app{n}" for n in range(10)]))


def test_the_nearest_port_is_the_one_that_was_mistyped() -> None:
    for asked, meant in ((8115, 8151), (8153, 8152), (8081, 8080), (90000 // 10 + 1, 9000)):
        assert min(PORTS, key=lambda known: port_distance(asked, known)) == meant


def test_a_slip_of_the_hand_is_one_digit_or_two_swapped() -> None:
    for asked, meant in ((8152, 8151), (8115, 8151), (815, 8151), (81511, 8151), (8443, 443)):
        assert is_slip(asked, meant)
    for asked, other in ((8151, 8151), (22, 8151), (9999, 9001), (8151, 1518), (80, 8080)):
        assert not is_slip(asked, other)
