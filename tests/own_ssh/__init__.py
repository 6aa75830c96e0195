"""Plans that cut the ssh connection in which the user sits, and plans that do not: ``python -m tests.own_ssh``.

Read ``kinds`` (the plans), ``inside`` (what runs in the session and carries a plan out), ``variants`` (how the user
came in, and what is killed), ``trial`` (one plan in one session, in a lab host with a real sshd) and ``__main__``.
"""
