"""Plans of repairs, on this host or on other hosts: ``planning`` (makes plans), ``carrying`` (carries a plan out),
``rereading`` (reads this host again while a plan is carried out),
``settling`` (settles plans that were interrupted, tried or carried out before), ``hosts`` (the hosts of a plan),
``telling`` (reports a plan's state), ``half_done`` (unfinished plans).
"""
