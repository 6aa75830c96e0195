"""References, ids and times in JSON documents."""

from typing import Annotated

from msgspec import Meta

FlowRef = Annotated[str, Meta(pattern=r"^f[1-9][0-9]*$")]
QuestionRef = Annotated[str, Meta(pattern=r"^q[1-9][0-9]*$")]
CauseRef = Annotated[str, Meta(pattern=r"^c[1-9][0-9]*$")]
EvidenceRef = Annotated[str, Meta(pattern=r"^(.+:)?e[1-9][0-9]*[a-z]*$")]
"""A reference to a reading: its number.

For a reading of any host except the first host, the host's label precedes the number."""
StableId = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
"""An id in kebab-case.  An id is never reused with another meaning."""
SnapshotId = Annotated[str, Meta(pattern=r"^(sha256:[0-9a-f]{64})?$")]
Time = Annotated[str, Meta(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z)?$")]
"""A time in the format of RFC 3339, in UTC."""
