"""A situation knows its host and the files that were read there."""

from tests.remedy.situations import network, situation


def test_a_file_is_found_by_its_path() -> None:
    found = situation(network(("/etc/a", "text")))
    file = found.file("/etc/a")
    assert file is not None
    assert file.text == "text"
    assert found.file("/etc/b") is None
    assert found.host is found.network.this
