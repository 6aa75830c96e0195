"""The picture of a way agrees with its trace; no label overlaps another, and none is cut off."""

from itertools import pairwise

import pytest

from hairpin.report.page.picture import CELL, WIDTH, Label, Picture, picture_of, short_lines
from hairpin.report.paper import cells
from hairpin.report.places import NO_HOSTS
from hairpin.report.text.ways import ways
from hairpin.report.words import Words
from hairpin.walk.trace import Trace
from tests.report.answers import FORWARDING_OFF, answer
from tests.report.page.agreement import disagreements
from tests.report.page.traces import random_traces
from tests.report.page.twelve import answer_named

WORDS = Words()


@pytest.fixture(scope="module", name="traces")
def _traces() -> list[Trace]:
    return [*random_traces(60, seed=1)]


def _labels(picture: Picture) -> list[Label]:
    titles = [each for frame in picture.frames for each in frame.title]
    return [*titles, *(each for point in picture.points for each in point.labels)]


def test_each_place_and_its_order_are_the_traces(traces: list[Trace]) -> None:
    wrong = [(each.flow, said) for each in traces for said in disagreements(each, WORDS)]
    assert not wrong


def test_no_label_overlaps_another_and_none_leaves_the_picture(traces: list[Trace]) -> None:
    for trace in traces:
        for way in ways(trace, trace.usual):
            picture = picture_of(way, WORDS, NO_HOSTS)
            labels = sorted(_labels(picture), key=lambda each: each.y)
            assert all(below.y - above.y >= 15 for above, below in pairwise(labels)), trace.flow
            assert all(each.x + CELL * cells(each.text) <= WIDTH for each in labels), trace.flow
            assert labels[-1].y < picture.height


def test_a_stop_is_red_and_shows_what_decided_in_its_own_words() -> None:
    trace = answer(FORWARDING_OFF).flows[0].trace
    (way,) = ways(trace, trace.usual)
    stop = picture_of(way, WORDS, NO_HOSTS).points[-2]
    assert stop.mark == "stop"
    assert [each.text for each in stop.labels if each.style == "bad"] == [
        "net.ipv4.conf.eth0.forwarding = 0",
        "forwarding is off",
    ]


def test_the_first_step_that_only_the_repair_gives_is_marked() -> None:
    found = answer(FORWARDING_OFF)
    proof = found.causes[0].proof
    assert proof is not None
    assert proof.repaired is not None
    now, then = found.flows[0].trace, proof.repaired
    (without,) = ways(now, now.usual)
    picture = picture_of(ways(then, then.usual)[0], WORDS, NO_HOSTS, without)
    (mended,) = (each for each in picture.points if each.mark == "mended")
    assert mended.number == len(without.steps) - 1


def test_a_proxy_is_a_detour() -> None:
    trace = answer(origin="host").flows[0].trace
    points = picture_of(ways(trace, trace.usual)[0], WORDS, NO_HOSTS).points
    aside = [each.step.stage for each in points if each.step is not None and each.x > points[0].x]
    assert aside in ([], ["socket", "relay"])


def test_a_loop_is_drawn_once_with_how_often_it_comes_again() -> None:
    trace = answer_named("looped").flows[0].trace
    (way,) = ways(trace, trace.usual)
    picture = picture_of(way, WORDS, NO_HOSTS)
    assert picture.rounds is not None
    assert picture.rounds.count > 10
    assert len(picture.points) < 40
    assert [*disagreements(trace, WORDS)] == []


def test_a_word_that_is_longer_than_a_line_is_broken() -> None:
    assert short_lines("a " + "x" * 12, 5) == ["a", "xxxxx", "xxxxx", "xx"]
    assert short_lines("网桥网桥", 5) == ["网桥", "网桥"]
