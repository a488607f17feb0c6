"""A short run of script/fuzz; the long one is for people, and takes what is random further."""

import subprocess
import sys

import pytest

from tests.chaos.house import ROOT
from tests.fuzz.actor import Actor

CASES = {Actor.ANONYMOUS: 500, Actor.USER: 2_500, Actor.ADMIN: 2_500}
SEED = 1


@pytest.mark.parametrize("actor", Actor)
def test_whatever_the_document_allows_or_forbids_is_answered_as_it_says(actor: Actor) -> None:
    """R32: no 500, and nothing that the document does not know."""
    arguments = [actor, "--cases", str(CASES[actor]), "--seed", str(SEED)]
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
