"""What is asked, and how the answer is shown.

``asked`` (what options say, as values), ``options`` (those that several commands share, in groups),
``later`` (what is not there yet), ``completion`` (values that a shell completes), ``environment``, ``output`` (where
results and errors go), ``present`` (an answer in the form that was asked for), ``progress`` (what takes so long).
"""
