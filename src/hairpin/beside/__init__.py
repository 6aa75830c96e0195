"""Observers: files that add to an answer what no walk of a flow shows.

Read ``inquiry`` (the value that an observer gets and returns), and ``table`` (all observers, in the order of the
answer, with the features that decide which of them are asked).  The observers:

- ``flows/``: which flows the question means after all.  They leave out flows that nobody intends, and add others.
- ``walks/``: what the walks of the flows leave open.  They ask about clients, and leave out flows that a decision
  closes.
- ``notes/``: facts that are worth knowing and stop no asked flow.
- ``questions/``: what only the user knows about one flow.

An observer gives no verdict and names no cause: that is the walk's, and ``causes``'.

To add a note, or a question beside a flow
------------------------------------------
1. **Choose the folder** by what the observer does, and write a file with one door: ``notes(inquiry)`` returns messages,
   ``observe(inquiry)`` returns the inquiry with flows left out or added, ``of_trace(network, trace)`` yields questions.
2. **Add a row** to ``ROWS`` or ``QUESTIONS`` of ``table``, at the place where the answer says it.  ``needs`` are the
   features without which the observer has nothing to say.  Take those that are there; a new one is a word and a
   function in ``table``.
3. **Test both directions**: ``tests/beside/`` mirrors the folder.  ``tests/beside/test_table.py`` asks every observer
   about recorded hosts without its needs, so an observer whose needs hide something fails there.
4. **A question** is an ``OpenQuestion`` (``walk/trace.py``).  The fact that settles it is a function of ``wanted.py``,
   and ``report/words.py`` says by which option or command; docs/outside.md lists what a user can state.
5. A question about a grant of the outside is a file of ``walk/granted/``; its page says how.
"""
