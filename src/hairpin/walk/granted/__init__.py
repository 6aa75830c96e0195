"""Grants: a grant is a thing that a walk assumes although a careful outside, or a service, may refuse it.

Each grant is an open question.

Read ``grants`` first: all grants to a flow that succeeds, also an answer that leaves by another uplink than the uplink
of its source address.  ``capture`` has tcpdump's filters, which show whether such packets come back.

- Whether the outside knows the way back to a source address: ``private_way`` (a private address behind the default
  router, an address that no uplink has), ``own_source`` (the address of a tunnel or a bridge), ``untranslated`` (an
  address that somebody has exempted from masquerading), ``masqueraded_source`` (the address that MASQUERADE chose).
- Whether the packet takes the intended way: ``way_out`` (the route by which it left the host), ``way_of_host`` (a route
  that a policy rule keeps for the host's own address, a router that an ICMP redirect named), ``client_in_tunnel`` (a
  client that comes in by the tunnel into which its answers go), ``answer_source`` (the address from which a UDP service
  answers).
- Whether the network takes it: ``foreign_frames`` (frames of other hardware addresses), ``address_found`` (a machine on
  the link that has the destination), ``neighbour_answers`` (a neighbour that was silent, or whose entry somebody made),
  ``far_end_hints`` (the far end of a tunnel), ``cloud_limits`` (what a cloud refuses to its machines), ``silence``
  (connections to which nothing came back).

To add a question
-----------------
hairpin asks a question if an answer rests on a fact that no reading shows (ADR 0016). docs/outside.md lists the
questions about the outside. A question is an ``OpenQuestion`` (``walk/trace.py``): its text, the meaning of a yes and
of a no, and the command or option that settles it.

1. **A question about a grant** is a file in ``walk/granted/``. A grant is something that a careful outside may refuse.
   Name the file in ``__init__.py`` of the folder, and call its function in ``grants`` of ``walk/granted/grants.py``.
   If few hosts need the file, import it inside a function there. Start from ``walk/granted/private_way.py``. If no
   reading hints that the outside refuses, the answer does not ask about the grant, but lists it (``Grants.assumed``).
2. **Any other question** is an observer (``beside/__init__.py``).
3. **A ``Wanted``** says what settles the question. If no function of ``wanted.py`` fits, add a word to ``Fact`` and a
   function in ``wanted.py``, and the words for the command line in ``report/words.py`` (a test fails without them).
   If a counter shows the fact when it is read before and after a try, add the fact to ``_TWICE`` of
   ``report/questions.py``; no other change is needed there.
4. **A repair is a change** (ADR 0055): ``yes_repair`` or ``no_repair`` of the question, and the place ``{repair}`` in
   the sentence about that answer. A repair that works with either answer is ``repair`` of the question.
5. **Test the question**: ``tests/walk/granted/test_<name>.py`` has a host with the hint and a host without the hint.
6. **Describe the question** in a row of docs/outside.md.
"""
