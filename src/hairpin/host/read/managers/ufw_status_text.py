"""ufw's state and default policies from ``ufw status``.

    status  := "Status: " ("active" | "inactive") NL ["Default: " policy ("," policy)*]
    policy  := ("allow" | "deny" | "reject" | "disabled") " (" ("incoming" | "outgoing" | "routed") ")"

Source: ufw src/backend_iptables.py get_status(), backend.py _get_default_policy()
"""

import re

from hairpin.evidence.reading import Reading
from hairpin.host.managers import Ufw

_POLICIES = {"deny": "DROP", "reject": "REJECT", "allow": "ACCEPT"}
_POLICY = re.compile(r"(\w+) \((incoming|outgoing|routed)\)")


def status(reading: Reading) -> Ufw:
    """Return ufw's state.  ufw is enabled if its rules are loaded, because ``ufw enable`` loads the rules now and at
    each start.  If ufw says ``disabled`` for routed packets, their policy is not known: the kernel then forwards no
    packet.
    """
    default = re.search(r"^Default: (.*)$", reading.text, re.MULTILINE)
    told = {chain: _POLICIES.get(word) for word, chain in _POLICY.findall(default[1])} if default is not None else {}
    return Ufw(
        enabled=re.search(r"^Status: active$", reading.text, re.MULTILINE) is not None,
        default_forward_policy=told.get("routed"),
        default_input_policy=told.get("incoming"),
        evidence=reading.id,
    )
