"""The tools that make a host's rules: the engine's iptables, its known bugs, the users of its lock, and the modules
that the kernel can load."""

import msgspec


class CheckTrial(msgspec.Struct, frozen=True):
    """How ``iptables -C`` compared two rules of different interfaces on this host.  ``confuses``: it found them
    equal."""

    confuses: bool
    evidence: str = ""


class Program(msgspec.Struct, frozen=True):
    """An ``iptables`` on dockerd's path.  ``target``: the file to which its links lead; ``version``: the output of
    ``-V``.  Both are empty if it is the only one."""

    path: str
    target: str = ""
    version: str = ""


class Programs(msgspec.Struct, frozen=True):
    """Each ``iptables`` on dockerd's path; dockerd runs the first."""

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

    ``folder``: ``/lib/modules/RELEASE``.  ``there`` False: it is missing, so the kernel can load no module.
    ``modules``: the available or built-in ones that engines' rules need; None: not read. ``loaded``: the modules that
    the kernel has loaded; None: not read."""

    folder: str
    there: bool = True
    modules: frozenset[str] | None = None
    forbidden: tuple[ForbiddenModule, ...] = ()
    loaded: frozenset[str] | None = None
    evidence: str = ""

    def can_have(self, module: str) -> bool | None:
        """Return whether the kernel has the module or can load it; None: not known."""
        if self.loaded is not None and module in self.loaded:
            return True
        if not self.there:
            return False
        if self.modules is None:
            return None
        return module in self.modules and not any(each.module == module for each in self.forbidden)


class RuleTools(msgspec.Struct, frozen=True):
    """The readings of these tools; None: not read, for example because they show nothing unusual."""

    check: CheckTrial | None = None
    programs: Programs | None = None
    lock: tuple[LockUser, ...] = ()
    modules: ModuleFiles | None = None
