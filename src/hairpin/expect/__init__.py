"""What must hold on a host: expectations, and whether the host keeps them.

``expectation`` has the values, with ``settings`` (whom a guard tells, and what it keeps); ``file`` reads them from the
file that a person edits (docs/expecting.md).  ``promise`` and ``promises`` have what Compose files and Quadlets promise
without anybody writing it down, and compare the containers with it.  ``holding`` asks each expectation as flows, now
and after the events that it has to survive.  ``draft`` makes the expectations of which all are true now, and the edits
that bring a file up to date.

The order of the files is the order in which data flows.  Nothing here walks, proves or changes: an expectation is a
question, and the answer is that of ``answer/``.
"""
