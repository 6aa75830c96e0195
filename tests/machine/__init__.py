"""What every machine shares.

A machine searches for mistakes: it draws *hosts*, does something to each (the *act*), asks hairpin (the *question*),
looks at real connections or at the kernel (the *truth*), compares both (the *judge*), and prints a line for each case
and a *table* of all.

A machine has its own host, act, question, truth and judge as plain functions.  Read ``command`` (the words that all
machines take), ``run`` (cases beside each other, their lines, the table, the seed, the exit status), ``columns`` (the
table's cells), ``hairpin`` (the question, asked in a host of the lab as a user types it) and ``carrying`` (the act of
those that end hairpin in the midst of a plan).
"""
