"""Answers of an engine that come in pieces, over a real socket."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hairpin.guard.sources.engine_stream import EngineStream

HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"
Pair = tuple[EngineStream, socket.socket]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    place = tmp_path / "engine.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()
        stream = EngineStream.opened(place, "/events")
        assert stream is not None
        peer, _ = server.accept()
        with peer:
            assert peer.recv(1 << 16).startswith(b"GET /events HTTP/1.0\r\n")
            yield stream, peer
        stream.close()


def test_lines_that_are_cut_anywhere(pair: Pair) -> None:
    stream, peer = pair
    found: list[bytes] = []
    for place in range(0, len(HEAD) + 18, 5):
        peer.send((HEAD + b'{"a": 1}\n{"b": 2}\n')[place : place + 5])
        found += stream.lines()
    assert found == [b'{"a": 1}', b'{"b": 2}']
    assert (stream.answers, stream.has_ended) == (True, False)


def test_a_whole_answer(pair: Pair) -> None:
    stream, peer = pair
    peer.send(HEAD + b"[]")
    peer.close()
    stream.lines()
    assert (stream.answers, stream.has_ended, stream.body) == (True, True, b"[]")


def test_a_refusal(pair: Pair) -> None:
    stream, peer = pair
    peer.send(b"HTTP/1.0 404 Not Found\r\n\r\n{}")
    assert list(stream.lines()) == []
    assert (stream.answers, stream.has_ended) == (False, True)


def test_nobody_listens(tmp_path: Path) -> None:
    assert EngineStream.opened(tmp_path / "none.sock", "/events") is None
