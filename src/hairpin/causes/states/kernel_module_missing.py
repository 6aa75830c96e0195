"""The kernel cannot load a module that an engine needs for its rules.

Users see: dockerd ends with "can't initialize iptables table `nat': Table does not exist (do you need to insmod?)", or
"modprobe: FATAL: Module … not found".  Often the errors appear after an upgrade of the kernel's package and before the
reboot.

Proof: the engine's error text names the module, and the kernel neither has the module nor can load it.
``/lib/modules/$(uname -r)`` is gone or lacks the module, or a line under /etc/modprobe.d forbids it.  hairpin cannot
prove this cause by a walk, because no change of the network repairs it.
Now: reboot into the installed kernel.  Or install the modules of the running kernel, and ``modprobe`` the missing
module.
Lasting: write the module's name into a file in ``/etc/modules-load.d``.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, Finding, Way, id_of
from hairpin.causes.states._kernel_parts import module_of, state, still_missing
from hairpin.causes.where import OfTool
from hairpin.change.change import Change
from hairpin.host.host import Host
from hairpin.host.rule_tools import ModuleFiles
from hairpin.message import message

_ID = id_of(__name__)
_TABLES = {"nat": "iptable_nat", "filter": "iptable_filter", "mangle": "iptable_mangle", "raw": "iptable_raw"}
_ITS_OWN = ("ip_tables", "ip_set", "br_netfilter", "bridge", "nf_tables", "overlay", "veth", "vxlan")
_MODULES = _TABLES | {name: name for name in _ITS_OWN}


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding if an engine reported a missing module and the kernel still lacks it.

    If no engine reported a missing module, yield one finding if the folder of the running kernel's modules is gone."""
    said = still_missing(host, _ID, _MODULES)
    files = host.rule_tools.modules
    if said:
        module = module_of(said[0], _MODULES)
        title = (
            message("The kernel cannot load {module}", module=module)
            if module
            else message("The kernel cannot load a module that the engine needs")
        )
        yield state(host, title, said, module, "blocking")
    elif files is not None and not files.there and host.engines:
        yield _gone(files)


def _gone(files: ModuleFiles) -> Finding:
    """Return the finding about a host whose kernel works with its loaded modules and can load no further module."""
    title = message("The files of the running kernel's modules are gone")
    found = Candidate(
        title=title,
        detail=message(
            "{folder} is missing, as after an upgrade of the kernel's package. Modules that are loaded still work. A "
            "network or rule that needs another module cannot be made before the reboot.",
            folder=files.folder,
        ),
        change=Change(()),
        where=OfTool(folder=files.folder),
        in_class="switched-off",
        evidence=(files.evidence,) if files.evidence else (),
        offered=False,
        ways=(Way(Change(()), (message("reboot into the kernel that is installed"),), by_person=True),),
    )
    line = message(
        "the running kernel can load no further module, because {folder} is missing: new networks and rules may fail "
        "until the reboot",
        folder=files.folder,
    )
    return Finding(found, "advice", line=line)


CAUSE = Cause(
    title=message("A kernel module is missing"),
    source="docker/for-linux#1070, qoomon/docker-host#67, scaleway/kernel-tools#228; modprobe.d(5)",
    shown_by=("uname -r; ls /lib/modules; lsmod", message("the module for the running kernel is missing")),
)
