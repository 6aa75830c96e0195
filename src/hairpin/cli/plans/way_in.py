"""Guards the user's own ssh connection: refuses a plan that would cut this connection, and tests the connection after
the change."""

import select
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from hairpin.apply.arriving import arrives, arrives_at_one
from hairpin.apply.session import Session, all_sessions, all_terminals, may_be_remote
from hairpin.cli.face.output import whisper, words
from hairpin.errors import ApplyError, ChangeError
from hairpin.message import Message, message

if TYPE_CHECKING:
    from hairpin.apply.plan import RepairPlan
    from hairpin.network.network import Network

_ASK_EVERY_S = 0.2
_YES = ("y", "yes")


def refuse_cut(plan: "RepairPlan", session: Session | None, network: "Network") -> None:
    """Raise ApplyError if the plan would cut the user's connection to the network's first host, or would stop a new
    connection from the same client."""
    from hairpin.change.steps import after_steps

    # if the plan cuts any other connection of the user, the switch takes the plan back at its deadline
    ways = _ways(session, network)
    try:
        then = after_steps(tuple(each.step for each in plan.tasks(lasting=False, host=network.this.name)), network)
    except ChangeError:
        return  # a step that does not fit is refused later, when the host is read again
    if not all(each.comes_in(then) for each in ways):
        raise ApplyError(message("the plan would cut your own ssh connection, so nothing was done"))


def unsafe(
    session: Session | None, was: "Network", lang: str | None, still_open: Callable[[], bool], network: "Network"
) -> Message | None:
    """Return why the user's connection may be lost; None if the connection still works, or if the user sits at the
    host.

    ``was``: the host before the plan.  ``still_open`` returns whether the plan still waits for the user's answer."""
    if session is not None:
        said = words(lang)(message("Checking whether this connection still works …")) + "\n"
        if arrives(said, session) is False:
            return message("your ssh connection no longer acknowledges packets")
    if session is None and may_be_remote() and arrives_at_one(all_terminals()) is False:
        return message("ssh connections with a terminal no longer acknowledge packets")
    if not all(each.comes_in(network) for each in _ways(session, was)):
        return message("a new ssh connection from your address would no longer get in")
    if (
        session is None
        and may_be_remote()
        and not _says_yes(words(lang)(message("Is your connection alive?")), still_open)
    ):
        return message("nobody has confirmed that the connection is alive")
    return None


def _ways(session: Session | None, network: "Network") -> tuple[Session, ...]:
    """Return the connections that may be the user's.

    For each of them, the model shows that a new connection from the same client reaches sshd."""
    if session is not None:
        found: tuple[Session, ...] = (session,)
    else:
        found = all_sessions() if may_be_remote() else ()
    return tuple(each for each in found if each.comes_in(network))


def _says_yes(question: str, still_open: Callable[[], bool]) -> bool:
    """Ask the question on the terminal while the plan is open; return whether the user answers yes.  A user who is cut
    off never answers."""
    whisper(f"{question} [y/N]: ")
    while still_open():
        if select.select([sys.stdin], [], [], _ASK_EVERY_S)[0]:
            return sys.stdin.readline().strip().lower() in _YES
    return False
