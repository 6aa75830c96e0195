"""What becomes of a flow, in words for people."""

from hairpin.message import Message, message
from hairpin.walk.walk import Verdict

VERDICTS: dict[Verdict, Message] = {
    "delivered": message("delivered"),
    "dropped": message("dropped"),
    "rejected": message("rejected"),
    "refused": message("refused"),
    "unanswered": message("unanswered"),
    "looped": message("looped"),
    "depends": message("undecided"),
}
