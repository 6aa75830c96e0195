"""Kernel features that an engine's rules need and that the kernel lacked.  The engine's error text is compared with the
modules that the kernel has now."""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Finding, Severity, Way
from hairpin.causes.states._start_words import Told, words_meaning
from hairpin.causes.where import OfTool
from hairpin.change.change import Change
from hairpin.host.host import Host
from hairpin.host.rule_tools import ForbiddenModule, ModuleFiles
from hairpin.message import Message, message


def still_missing(host: Host, cause: str, modules: dict[str, str]) -> tuple[Told, ...]:
    """Return the error texts of the engines that mean the cause.  An error text is skipped if the kernel now has or can
    load its module.

    ``modules``: the module names by subject, for subjects whose module is not named ``xt_SUBJECT``."""
    return tuple(
        each for each in words_meaning(host, cause) if not _is_there(host.rule_tools.modules, module_of(each, modules))
    )


def module_of(said: Told, modules: dict[str, str]) -> str:
    """Return the name of the module that the error text is about, or an empty text if the error text names no
    module."""
    if not said.subject:
        return ""
    return modules.get(said.subject, f"xt_{said.subject}")


def _is_there(files: ModuleFiles | None, module: str) -> bool:
    if files is None:
        return False  # no file of a module was read, so nothing shows that the kernel can load the missing module
    if not module:
        return files.there and not files.forbidden and files.modules is not None
    return files.can_have(module) is True


def state(host: Host, title: Message, said: tuple[Told, ...], module: str, severity: Severity) -> Finding:
    """Return the finding about a host whose engine could not make its rules without the module.  ``module`` is empty if
    the error text names no module."""
    names = tuple(each.container.name for each in said if each.container is not None)
    files = host.rule_tools.modules
    found = Candidate(
        title=title,
        detail=message("{said} {why}", said=_kept(names), why=_why(files, module)),
        change=Change(()),
        where=OfTool(module=module or None, folder=files.folder if files is not None else None),
        in_class="switched-off",
        evidence=tuple(
            dict.fromkeys(
                each
                for each in (*(one for told in said for one in told.evidence), files.evidence if files else "")
                if each
            )
        ),
        offered=False,
        ways=tuple(_ways(files, module)),
        advice=(message("the engine's words: {words}", words=" ".join(said[0].words.split())),),
    )
    line = message("{title}: {why}", title=title, why=_why(files, module))
    return Finding(found, severity, container=names[0] if len(names) == 1 else "", line=line)


def _kept(names: tuple[str, ...]) -> Message:
    if not names:
        return message("The engine could not make its rules, so it did not start.")
    return message("The engine could not make the rules of {names}, so it did not start.", names=", ".join(names))


def _why(files: ModuleFiles | None, module: str) -> Message:
    if files is None:
        return message("The kernel was built without this module, or no file of the module was read.")
    if not files.there:
        return message(
            "{folder} is not there: the package of the running kernel was removed, and the kernel can load no module.",
            folder=files.folder,
        )
    line = _forbidding(files, module)
    if line is not None:
        return message(
            "line {line} of {file} forbids the module: {text}", file=line.file, line=line.line, text=line.text
        )
    if module and files.modules is not None and module not in files.modules:
        return message("{folder} has no {module}.", folder=files.folder, module=module)
    return message("hairpin does not know whether the kernel can load the module.")


def _forbidding(files: ModuleFiles, module: str) -> ForbiddenModule | None:
    return next((each for each in files.forbidden if module in ("", each.module)), None)


def _ways(files: ModuleFiles | None, module: str) -> Iterator[Way]:
    if files is not None and not files.there:
        yield _by_person(message("reboot into the kernel that is installed"))
        return
    if files is not None and (line := _forbidding(files, module)) is not None:
        yield _by_person(
            message("take the line out of {file}, then: {command}", file=line.file, command=f"modprobe {line.module}")
        )
        return
    yield _by_person(
        message(
            "install the modules that belong to the running kernel (kernel-modules-extra, linux-modules-extra), then: "
            "`modprobe {module}`",
            module=module or "MODULE",
        )
    )
    yield _by_person(
        message(
            "boot a kernel that has the module; {file} with the module's name loads it at each boot",
            file="/etc/modules-load.d/container-engine.conf",
        )
    )


def _by_person(said: Message) -> Way:
    return Way(Change(()), (said,), by_person=True)
