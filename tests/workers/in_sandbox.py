"""Runs code in a sandbox as most tests need it: 10 s, 64 MB, never stopped."""

from workers.javascript import Failure, Outcome, evaluate


def run(code: str, *, seconds: float = 10, memory_mb: int = 64) -> Outcome:
    return evaluate(code, seconds=seconds, memory_mb=memory_mb, stop=lambda: False)


def failure(code: str) -> Failure:
    """Run code that fails, and return its error."""
    outcome = run(code)
    assert outcome.error is not None
    assert outcome.result == b"null"
    return outcome.error
