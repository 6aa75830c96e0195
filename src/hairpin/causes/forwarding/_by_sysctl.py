"""The function ``find`` for causes that differ only in the sysctl that is 0 and must be 1."""

from collections.abc import Callable

from hairpin.causes.kit import Candidate, Iterator, Message, OfSysctl, View
from hairpin.causes.order import Class
from hairpin.change.change import SetSysctl, one
from hairpin.host.sysctl import Path, dotted
from hairpin.network.prefix import address_text


def by_sysctl(
    path: Callable[[View], Path | None],
    *,
    in_class: Class,
    title: Message | Callable[[View], Message],
    detail: Message,
    side_effects: tuple[Message, ...] = (),
) -> Callable[[View], Iterator[Candidate]]:
    """Return the function that yields the candidate which sets the sysctl to 1 in the namespace where the packet
    stopped.  The function ``path`` returns the sysctl's path, or None if the sysctl did not stop the packet.

    ``title`` and ``detail`` have placeholders: ``{key}`` for the sysctl, and ``{link}``, ``{source}`` and ``{mark}``
    for the packet.
    """

    def find(view: View) -> Iterator[Candidate]:
        wrong = path(view)
        if wrong is None:
            return
        packet, sysctls = view.stop.seen.packet, view.namespace.sysctls
        words = {
            "key": dotted(wrong), "link": view.stop.link, "source": address_text(packet.saddr, packet.version),
            "mark": f"{packet.mark:#x}",
        }  # fmt: skip
        yield Candidate(
            title=title(view) if callable(title) else title.filled(**words),
            detail=detail.filled(**words),
            change=one(SetSysctl(view.stop.netns, wrong, "1")),
            where=OfSysctl(sysctl=wrong, value=sysctls.text(*wrong) or "0", wanted="1"),
            in_class=in_class,
            evidence=(sysctls.evidence,),
            side_effects=side_effects,
        )

    return find
