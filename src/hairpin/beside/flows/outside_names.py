"""Names of the outside, such as ``example.com``: hairpin looks up no names."""

from hairpin.beside.inquiry import Inquiry
from hairpin.message import Message, message
from hairpin.network.prefix import address_text
from hairpin.question.target import is_outside_name


def notes(inquiry: Inquiry) -> tuple[Message, ...]:
    """Return a note for each target that is a name of the outside: hairpin has not looked it up."""
    targets, flows = inquiry.question.targets, inquiry.flows
    names = dict.fromkeys(each.container or "" for each in targets if is_outside_name(each.container or ""))
    stands = next((each for each in flows if each.invented), None)
    if stands is None:
        return ()
    return tuple(
        message(
            "hairpin does not look up {name}: {address} stands for its address",
            name=name,
            address=address_text(stands.daddr, stands.version),
        )
        for name in names
        if not any(each.container == name for each in flows)
    )
