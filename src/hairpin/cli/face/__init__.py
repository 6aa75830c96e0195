"""The options and the output of the commands: ``asked`` (the options' values), ``options`` (the shared options, in
groups), ``live_options`` (``--live`` and ``--probe-from``), ``completion`` (values that a shell completes),
``environment`` (the environment variables), ``output`` (standard output and standard error), ``present`` (an answer in
the wanted form), ``watched`` (an answer for a monitor), ``metrics_file`` (its file of metrics), ``progress`` (a line
about the present work), ``as_root`` (the typed command with sudo).

To add an option
----------------
**An option of one command** is a line ``@options.option(…)`` above the command in ``cli/<command>.py``, and a
parameter of the command's function (``--no-replica`` in ``cli/check.py``). ``options.py`` and ``asked.py`` do not
change. There is one exception: if the option changes what is found, it belongs in ``Asked``, even if only one command
has it. Otherwise the printed ``hairpin fix …`` would ask another question.

**An option of several commands** is a function in ``cli/face/options.py``, used as a decorator of each command. The
option's value is a field of a class in ``cli/face/asked.py``: ``Asked`` (the question), ``Acting`` (how a plan is
carried out) or ``Shown`` (how the answer looks). hairpin finds the field by the option's name. ``Asked.words()`` and
``Acting.words()`` write the options of the command ``hairpin fix …`` that an answer prints. Add the option there, or
say in the docstring why it is left out.

**Every option**: if the option only changes how the answer looks, implement it in ``report/``: always for the text,
and also for JSON or the page if they show what the option changes. If the option changes what is found, its value is a
field of ``Question`` (``question/question.py``) or an argument of the function that the command calls, such as ``ask``
in ``answer/ask.py`` or ``matrix`` in ``answer/matrix.py``. If a JSON document changes, run
``python -m tools.schemas``. A test checks that each command's help fits on a screen of 45 lines. The option's own test
is in ``tests/cli/``. Describe the option on the command's page (docs/README.md lists the pages). If the command has no
page, describe it in docs/asking.md.
"""
