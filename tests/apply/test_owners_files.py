"""A file that firewalld has written gets its bytes back once its call is undone, unless it says something new."""

from collections.abc import Callable

import msgspec
import pytest

from hairpin.apply.owners_files import give_back, with_owners_files
from hairpin.carry.act import FileState
from hairpin.change import calls
from hairpin.change.step import Ask, ReplaceFile
from hairpin.host.managers import ConfigFile
from hairpin.message import Message
from tests.small_host import network

ETC, STOCK = "/etc/firewalld/zones/drop.xml", "/usr/lib/firewalld/zones/drop.xml"
SHIPPED = '<?xml version="1.0" encoding="utf-8"?>\n<zone target="DROP">\n  <short>Drop</short>\n</zone>\n'
WRITTEN = '<?xml version="1.0" encoding="utf-8"?>\n<zone target="DROP"><short>Drop</short></zone>'
OPENED = WRITTEN.replace("</zone>", '<port port="80" protocol="tcp"/></zone>')
OWN = "<zone>\n<!-- mine -->\n<short>Drop</short></zone>\n"
CALL = calls.OpenPort("drop", 80, "tcp", permanent=True)


class Disk:
    """Files by their paths."""

    def __init__(self, **files: str) -> None:
        self.files = {path: FileState(text, 0o644, 0, 0, ()) for path, text in files.items()}

    def read(self, path: str) -> FileState | None:
        return self.files.get(path)

    def carry(self, step: ReplaceFile) -> Message | None:
        assert self.files.pop(step.path, None) == step.before
        if step.after is not None:
            self.files[step.path] = step.after
        return None

    def write(self, path: str, text: str) -> None:
        self.files[path] = FileState(text, 0o600, 0, 0, ())


def ask(call: calls.OwnersCall, *files: ConfigFile) -> tuple[Ask, Callable[[Disk], Ask]]:
    host = msgspec.structs.replace(network().this, files=files)
    back = calls.reverse(call, host)
    assert back is not None
    step = Ask(host=host.name, call=call, undo=(Ask(host=host.name, call=back, undo=()),))

    def known(disk: Disk) -> Ask:
        made = with_owners_files(step, host, disk.read)
        assert isinstance(made, Ask)
        return made

    return step, known


def known(disk: Disk, call: calls.OwnersCall = CALL) -> Ask:
    return ask(call)[1](disk)


@pytest.mark.parametrize("was", ({STOCK: SHIPPED}, {STOCK: SHIPPED, ETC: OWN}, {ETC: OWN, f"{ETC}.old": SHIPPED}))
def test_the_bytes_come_back(was: dict[str, str]) -> None:
    disk = Disk(**was)
    before = dict(disk.files)
    step = known(disk)
    disk.write(f"{ETC}.old", OPENED)
    disk.write(ETC, WRITTEN if ETC not in was else "<zone><short>Drop</short></zone>")
    give_back(step, disk.read, disk.carry)
    assert disk.files == before


@pytest.mark.parametrize("text", (OPENED, "<zone>", WRITTEN.replace("DROP", "ACCEPT")))
def test_what_says_something_new_stays(text: str) -> None:
    """Somebody has changed the zone since, or another call of the plan has still to be undone."""
    disk = Disk(**{STOCK: SHIPPED})
    step = known(disk)
    disk.write(ETC, text)
    give_back(step, disk.read, disk.carry)
    assert disk.files[ETC].content == text


def test_direct_rules_that_are_gone_leave_no_file() -> None:
    disk = Disk()
    step = known(disk, calls.AddDirectRule("ip", "filter", "FORWARD", "-j ACCEPT"))
    disk.write("/etc/firewalld/direct.xml", '<?xml version="1.0" encoding="utf-8"?>\n<direct/>')
    give_back(step, disk.read, disk.carry)
    assert disk.files == {}


PATHS: dict[str, tuple[calls.OwnersCall, tuple[str, ...]]] = {
    "rich rule of a policy": (
        calls.AddRichRule("policy", "in", "rule accept", permanent=True),
        ("/etc/firewalld/policies/in.xml",),
    ),
    "source": (calls.TrustSource("10.0.0.0/8", permanent=True), ("/etc/firewalld/zones/trusted.xml",)),
    "only at run time": (calls.OpenPort("drop", 80, "tcp"), ()),
    "ufw": (calls.AllowInUfw(80, "tcp"), ()),
}


@pytest.mark.parametrize(("call", "paths"), PATHS.values(), ids=PATHS)
def test_which_files_a_call_writes(call: calls.OwnersCall, paths: tuple[str, ...]) -> None:
    assert tuple(each.path for each in known(Disk(), call).files) == paths


def test_a_link_leaves_its_zone() -> None:
    files = (
        ConfigFile(ETC, '<zone><interface name="eth0"/></zone>'),
        ConfigFile("/etc/firewalld/zones/a.xml", "<zone/>"),
    )
    host = msgspec.structs.replace(network().this, files=files)
    step = Ask(
        host=host.name, call=calls.BindInterface("home", "eth0", permanent=True), undo=(Ask(host="", call=CALL),)
    )
    made = with_owners_files(step, host, Disk().read)
    assert isinstance(made, Ask)
    assert [each.path for each in made.files] == ["/etc/firewalld/zones/home.xml", ETC]


@pytest.mark.parametrize("was", ({STOCK: SHIPPED}, {STOCK: SHIPPED, ETC: OWN}))
def test_what_a_kill_has_left_to_be_given_back_is_given_back(was: dict[str, str]) -> None:
    """The file has its bytes again, and its owner's copy of it is still there."""
    disk = Disk(**was)
    before = dict(disk.files)
    step = known(disk)
    disk.write(f"{ETC}.old", OPENED)
    give_back(step, disk.read, disk.carry)
    assert disk.files == before
