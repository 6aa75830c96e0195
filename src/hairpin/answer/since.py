"""The last phase of an answer: what its hosts' traces and its containers' logs say of the causes.

Both are read only if the answer has a cause that they may tell of.  For a healthy host this saves time.
"""

import msgspec

from hairpin.answer.answer import Answer, Further
from hairpin.answer.blamed import has_question, with_blame
from hairpin.answer.logged import logged_containers, with_logs
from hairpin.errors import CollectError
from hairpin.story.timeline import story_of


def with_since(answer: Answer, further: Further) -> Answer:
    """Return the answer in which each cause has its time and its maker, if a trace proves them, and the words of its
    containers' logs.  If the hosts cannot be read again, the answer is returned unchanged."""
    blamed = further.traces and has_question(answer)
    logged = any(each.candidate.logs for each in answer.causes) and answer.event is None and not answer.is_of_text
    containers = logged_containers(answer) if logged else ()
    if further.read is not None and (blamed or containers):
        try:
            evidence = further.read(answer, containers, blamed)
        except CollectError:
            return answer
        answer = msgspec.structs.replace(answer, evidence=evidence)
    if logged:
        answer = with_logs(answer, further.whole)
    return with_blame(answer, story_of(answer.evidence, None), tuple(further.passing())) if blamed else answer
