"""A disagreement as a file that can be reported."""

import zipfile
from io import BytesIO
from pathlib import Path

import msgspec

from hairpin.evidence.file import read_stream
from hairpin.evidence.reading import SCHEMA, Evidence, Reading
from hairpin.judges.agreement import agreement
from hairpin.judges.disagreement import Disagreement, folders, keep
from hairpin.network.flow import Flow, Outside
from hairpin.network.world import World
from hairpin.replica.run.worker import Judgement
from hairpin.walk.walk import walk_flow
from tests.small_host import CLIENT, HOST_ADDRESS, network

FLOW = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8151)
EVIDENCE = Evidence(SCHEMA, "0", "", "h", "", (Reading("e1", "ip-addr", "host", "ip addr", "", 0, "text", "[]"),))


def test_the_file_holds_all_that_is_needed_to_ask_again(tmp_path: Path) -> None:
    trace, judgement = walk_flow(network(), FLOW), Judgement(FLOW, "dropped")
    taken = tmp_path / "taken"
    taken.write_text("a file, no folder")
    path = keep(EVIDENCE, World(), trace, judgement, agreement(trace, judgement), (taken, tmp_path / "new"))
    assert path is not None
    assert path.parent == tmp_path / "new"
    assert path.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(path) as archive:
        assert read_stream(BytesIO(archive.read("snapshot.hairpin")), source="test") == EVIDENCE
        kept = msgspec.json.decode(archive.read("disagreement.json"), type=Disagreement)
    assert (kept.trace, kept.judgement) == (trace, judgement)


def test_where_nothing_can_be_written_there_is_no_file(tmp_path: Path) -> None:
    trace, judgement = walk_flow(network(), FLOW), Judgement(FLOW, "dropped")
    taken = tmp_path / "taken"
    taken.write_text("")
    assert keep(EVIDENCE, World(), trace, judgement, agreement(trace, judgement), (taken,)) is None


def test_folders() -> None:
    assert folders({"XDG_STATE_HOME": "/state", "HOME": "/people/me"})[0] == Path("/state/hairpin")
    assert folders({"HOME": "/people/me"})[0] == Path("/people/me/.local/state/hairpin")
