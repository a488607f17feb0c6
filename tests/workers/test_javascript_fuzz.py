"""Programs of statements of every kind, compared with the same text as the body of an async function."""

import json
import os
import re
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.length import at_length
from tests.workers.in_sandbox import run
from tests.workers.programs import Program, broken, program
from workers import sandbox

HARNESS = Path(__file__).with_name("forms.mjs")
MANY, FEW, BROKEN = 1500, 40, 1000
# Constant, so that a counterexample that no change made never blocks one.
SEED = 1


@pytest.fixture
def random() -> Random:
    """Draw programs from AERIE_SEED, from a random seed at length, and else from a constant one; prints the seed."""
    drawn = at_length(SEED, int.from_bytes(os.urandom(4)))
    seed = int(os.environ.get("AERIE_SEED") or drawn)
    print(f"AERIE_SEED={seed}")
    return Random(seed)


def test_a_program_comes_to_what_it_does_as_the_body_of_an_async_function(random: Random) -> None:
    programs = [program(random) for _ in range(MANY)]
    for (code, body), (found, wanted) in zip(programs, ask(programs, run=True), strict=True):
        if code != body and "thrown" in wanted and not code.startswith("#!"):
            # It has a `return` more, or stands in brackets.
            del found["place"], wanted["place"]
        assert found == wanted, code


def test_the_whole_sandbox_comes_to_the_same(random: Random) -> None:
    programs = [program(random) for _ in range(FEW)]
    for (code, _), (_, wanted) in zip(programs, ask(programs, run=True), strict=True):
        outcome = run(code, seconds=20)
        thrown = outcome.error and f"{outcome.error.name}: {outcome.error.message}"
        assert (json.loads(outcome.result), thrown) == (wanted.get("value"), wanted.get("thrown")), code


def test_a_broken_program_is_refused_at_a_place_that_it_has(random: Random) -> None:
    codes = [broken(random) for _ in range(BROKEN)]
    answers = ask([Program(code, code) for code in codes], run=False)
    refused = [(code, *answer) for code, answer in zip(codes, answers, strict=True) if "thrown" in answer[0]]
    assert len(refused) > BROKEN / 10
    for code, found, as_body in refused:
        line, column = found["place"]
        lines = re.split("\r\n|[\n\r\u2028\u2029]", code)
        assert 1 <= line <= len(lines), (code, found)
        assert 1 <= column <= len(lines[line - 1]) + 1, (code, found)
        _, quote, token = found["thrown"].rstrip("'").partition("SyntaxError: Unexpected token '")
        assert not quote or token in lines[line - 1], (code, found)
        assert "thrown" in as_body or code.startswith("#!") or "using" in code, (code, found)


def ask(programs: list[Program], *, run: bool) -> Any:
    """What each comes to, and its body: `{"value"}`, or `{"thrown", "place"}`."""
    asked = json.dumps([{"code": code, "body": body, "isRun": run} for code, body in programs])
    command = [sandbox.deno(), "run", "--quiet", "--no-remote", "--no-npm", "--no-config", "--no-lock", str(HARNESS)]
    told = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)
