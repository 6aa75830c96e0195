"""What the kernel has of the modules that rules need."""

from hairpin.host.rule_tools import ForbiddenModule, ModuleFiles
from tests.rows import each_row

FOLDER = "/lib/modules/6.1.0"
NAT = frozenset({"xt_nat"})
FORBIDDEN = (ForbiddenModule("xt_nat", "/etc/modprobe.d/no.conf", 1, "blacklist xt_nat"),)

MODULES: dict[str, tuple[ModuleFiles, bool | None]] = {
    "its file is there": (ModuleFiles(FOLDER, modules=NAT), True),
    "its file is not": (ModuleFiles(FOLDER, modules=frozenset()), False),
    "a line forbids it": (ModuleFiles(FOLDER, modules=NAT, forbidden=FORBIDDEN), False),
    "it is loaded all the same": (ModuleFiles(FOLDER, modules=NAT, forbidden=FORBIDDEN, loaded=NAT), True),
    "the folder is gone": (ModuleFiles(FOLDER, there=False), False),
    "the folder is gone, and it is loaded": (ModuleFiles(FOLDER, there=False, loaded=NAT), True),
    "the files were not asked for": (ModuleFiles(FOLDER), None),
}


@each_row(("files", "expected"), MODULES.values(), ids=MODULES)
def test_can_have(files: ModuleFiles, expected: bool | None) -> None:
    assert files.can_have("xt_nat") is expected
