"""The tools that make a host's rules: the iptables that the engine runs, its known bugs, the processes that use its
lock, and the modules that the kernel can load."""

import msgspec


class CheckTrial(msgspec.Struct, frozen=True):
    """How ``iptables -C`` compared two rules of different interfaces on this host.  ``confuses``: whether it found the
    two rules equal."""

    confuses: bool
    evidence: str = ""


class Program(msgspec.Struct, frozen=True):
    """A program ``iptables`` on dockerd's PATH.  ``target``: the file to which its symbolic links lead.  ``version``:
    the output of ``-V``.  ``target`` and ``version`` are empty if there is only one program ``iptables``."""

    path: str
    target: str = ""
    version: str = ""


class Programs(msgspec.Struct, frozen=True):
    """All programs ``iptables`` on dockerd's PATH; dockerd runs the first of them."""

    found: tuple[Program, ...]
    evidence: str = ""


class LockUser(msgspec.Struct, frozen=True):
    """A process that holds the xtables lock, or waits for it.  ``age_s``: seconds since the process started."""

    pid: int
    process: str
    age_s: int
    waits: bool = False
    evidence: str = ""


class ForbiddenModule(msgspec.Struct, frozen=True):
    """A module that a modprobe.d line forbids."""

    module: str
    file: str
    line: int
    text: str


class ModuleFiles(msgspec.Struct, frozen=True):
    """The files of the running kernel's modules.

    ``folder``: ``/lib/modules/RELEASE``.  ``there``: False if the folder is missing.  Without the folder of its
    modules, the kernel can load no module.  ``modules``: the modules that engines' rules need and that are available or
    built in; None if they were not read.  ``loaded``: the modules that the kernel has loaded; None if they were not
    read."""

    folder: str
    there: bool = True
    modules: frozenset[str] | None = None
    forbidden: tuple[ForbiddenModule, ...] = ()
    loaded: frozenset[str] | None = None
    evidence: str = ""

    def can_have(self, module: str) -> bool | None:
        """Return whether the kernel has the module or can load it; None if this is not known."""
        if self.loaded is not None and module in self.loaded:
            return True
        if not self.there:
            return False
        if self.modules is None:
            return None
        return module in self.modules and not any(each.module == module for each in self.forbidden)


class RuleTools(msgspec.Struct, frozen=True):
    """The readings about the tools that make a host's rules.  A field is None if its reading was not made, for example
    because the collector found nothing unusual."""

    check: CheckTrial | None = None
    programs: Programs | None = None
    lock: tuple[LockUser, ...] = ()
    modules: ModuleFiles | None = None
