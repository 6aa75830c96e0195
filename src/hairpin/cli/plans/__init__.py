"""Plans of repairs, on this host or on others: ``planning`` (makes them), ``carrying`` (carries one out), ``settling``
(plans that were interrupted, tried or carried out before), ``hosts`` (the hosts of a plan), ``telling`` (reports a
plan's state), ``way_in`` (the user's own connection meanwhile), ``compose_files`` (those of its containers),
``half_done`` (unfinished plans).
"""
