"""Carries steps out so that they can be taken back: after a kill, after a reboot, by another process.

Read ``plan`` (which repairs, in which order, with ``options``, the words by which one is chosen, and ``plan_effects``,
what all of them do to other flows), ``kept_plan`` (a step with its place in a plan, and what became of it),
``one_step_each`` (equal commands of a plan), ``backups`` (what it touches, for a person with a shell), ``ready`` (the
tasks completed on the host as it is now, or why they are refused), ``program`` (the journal, the switch, and what does
the steps and takes them back: one program for this host and for others), ``hands`` (what reaches a host), ``standing``
(what is there of a task that was interrupted), ``taking_back`` (with ``owners_files``, which firewalld writes, and
``made_chains``, which iptables makes), ``settling`` (what was interrupted), ``at_deadline`` (what the switch of this
host starts), ``session`` and ``arriving`` (whether the user's own connection lives on), ``ground`` (a host, as
``fixing`` works on it), and ``fixing``, which does all of it in order and says the ``outcome``, with what the rules
have counted of a real connection (``counting``).  ``compose`` proposes lines of compose files.  ``restoring`` makes the
plan of `hairpin restore`.
"""
