"""Plans of repairs, on this host or on others: ``planning`` (makes them), ``carrying`` (carries one out), ``settling``
(what was interrupted, tried or carried out before), ``hosts`` (where a plan is), ``telling`` (how one stands),
``way_in`` (the user's own connection while that is done), ``compose_files`` (of its containers), ``half_done`` (one
that has not ended).
"""
