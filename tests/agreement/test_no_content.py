"""Texts that tell nothing about a network, and texts about healthy hosts: hairpin names no cause in them."""

import pytest

from hairpin.answer.ask import ask
from hairpin.network.world import World
from hairpin.pasted.text import evidence_in_texts
from hairpin.question.question import parse_question

TEXTS: dict[str, str] = {
    "nothing": "",
    "blank lines": "\n\n  \n\t\n",
    "prose": "We met at noon and talked about the garden.\nNothing else happened that day.\n",
    "a poem": "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\n"
    "Rough winds do shake the darling buds of May,\n",
    "German": "Sehr geehrte Damen und Herren,\n\nanbei die Rechnung Nr. 4711.\n\nMit freundlichen Grüßen\n",
    "French": "Bonjour,\nla réunion de mardi est reportée à jeudi, à 10:30.\nCordialement\n",
    "Spanish": "Hola:\nadjunto el informe de ventas del tercer trimestre.\nUn saludo\n",
    "Chinese": "大家好，\n明天的会议改到下午三点。\n谢谢！\n",
    "Russian": "Добрый день!\nОтчёт готов, 15 страниц.\nС уважением\n",
    "Japanese": "お世話になっております。\n来週の予定を確認してください。\n",
    "Arabic": "مرحبا\nالاجتماع غدا في الساعة العاشرة\n",
    "a mail": "From: a@example.com\nTo: b@example.com\nSubject: lunch\nDate: Mon, 1 Dec 2025 12:00:00\n\n12:30?\n",
    "quoted mail": "> See you on Monday\n> at the station\n\nYes, at 8:15.\n",
    "JSON": '{"name": "Ada", "age": 36, "tags": ["x", "y"], "address": {"city": "London"}}\n',
    "a JSON list": '[\n  {"id": 1, "name": "a"},\n  {"id": 2, "name": "b"}\n]\n',
    "JSON lines": '{"level":"info","msg":"job done","n":3}\n{"level":"info","msg":"job done","n":4}\n',
    "CSV": "id,name,price\n1,apple,0.30\n2,pear,0.45\n3,plum,0.20\n",
    "a table": "| name | size |\n| --- | --- |\n| a | 10 |\n| b | 20 |\n",
    "Python": "def add(a: int, b: int) -> int:\n    return a + b\n\n\nprint(add(1, 2))\n",
    "C": '#include <stdio.h>\nint main(void) {\n\tprintf("%d\\n", 42);\n\treturn 0;\n}\n',
    "JavaScript": "const xs = [1, 2, 3];\nconsole.log(xs.map((x) => x * 2));\n",
    "a shell script": '#!/bin/sh\nset -e\nfor f in *.txt; do\n  mv "$f" "old-$f"\ndone\n',
    "SQL": "SELECT name, count(*) FROM users GROUP BY name ORDER BY 2 DESC LIMIT 10;\n",
    "a build log": "[1/4] Compiling core\n[2/4] Compiling app\n[3/4] Linking\n[4/4] Done in 12.3s\n",
    "a program's log": "2025-12-01 10:00:00 INFO loaded 42 rules of the game\n2025-12-01 10:00:01 INFO saved\n",
    "a stack trace": 'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\nValueError: bad\n',
    "an INI file": "[game]\nlives = 3\nlevel = hard\n",
    "YAML": "recipe:\n  - flour: 500g\n  - water: 300ml\n",
    "HTML": "<html><body><h1>Hello</h1><p>World &amp; all</p></body></html>\n",
    "numbers": "\n".join(str(number) for number in range(1, 60)) + "\n",
    "a diff": "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-old\n+new\n same\n",
    "a recipe with ports of call": "Ports: Hamburg 1, Rotterdam 2, Antwerp 3\nETA: 12:00\n",
}
_QUESTIONS = ((), ("8080",))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_without_content_names_no_cause(text: str) -> None:
    evidence = evidence_in_texts((text,))
    for targets in _QUESTIONS:
        answer = ask(parse_question("check", targets, None, (), World()), (evidence,))
        assert [each.id for each in answer.causes] == []


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_without_content_gives_no_reading(text: str) -> None:
    keys = {each.key for each in evidence_in_texts((text,)).readings}
    assert keys <= {"pasted", "unrecognised"}
