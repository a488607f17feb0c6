"""R20: code that takes too much of something ends by its own limit, and hurts nobody else."""

import resource
import sys
import threading
import time
from pathlib import Path

import pytest

from workers import javascript, sandbox
from workers.javascript import Failure, Outcome, evaluate

SECONDS = 1
# For what ends by another limit than that of time, on a machine that is busy.
AMPLE = 20
MEMORY_MB = 64
SLACK = 2
GROWTH_MB = 50
CHECKOUT = Path(__file__).parents[2]
FOREVER = "while (true) {}"
REGEX = "/^(a+)+$/.test('a'.repeat(60) + 'b')"
MICROTASKS = "(function again() { Promise.resolve().then(again) })(); new Promise(() => {})"
BOMBS = [
    # Time
    (FOREVER, "timeout"),
    (REGEX, "timeout"),
    (MICROTASKS, "timeout"),
    ("(async () => { for (;;) await 1 })()", "timeout"),
    ("queueMicrotask(function again() { queueMicrotask(again) }); new Promise(() => {})", "timeout"),
    ("setInterval(() => {}, 1); new Promise(() => {})", "timeout"),
    ("setTimeout(function again() { setTimeout(again, 0) }, 0); new Promise(() => {})", "timeout"),
    ("new Promise(done => setTimeout(done, 1e6))", "timeout"),
    ("({toJSON() { for (;;); }})", "timeout"),
    ("({get a() { for (;;); }})", "timeout"),
    ("new Proxy({}, {ownKeys() { for (;;); }})", "timeout"),
    ("({get then() { for (;;); }})", "timeout"),
    ("throw {toJSON() { for (;;); }}", "timeout"),
    ("const e = new Error(); Object.defineProperty(e, 'message', {get() { for (;;); }}); throw e", "timeout"),
    ("console.log({toJSON() { for (;;); }})", "timeout"),
    ("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)", "timeout"),
    ("try { for (;;) console.log('a line'.repeat(100)) } finally { for (;;); }", "timeout"),
    ("Promise.reject(new Error('never told')); for (;;);", "timeout"),
    # Memory
    ("const a = []; for (;;) a.push({a: [1, 2, 3]})", "out_of_memory"),
    ("const a = []; for (;;) { const s = 'x'.repeat(1e6) + a.length; s.charCodeAt(5); a.push(s) }", "out_of_memory"),
    ("const m = new Map(); for (let i = 0; ; i++) m.set(i, {i})", "out_of_memory"),
    ("const a = []; for (;;) { const b = new Uint8Array(1e7); b.fill(1); a.push(b) }", "out_of_memory"),
    ("const a = []; for (;;) a.push(new Uint8Array(1e5).fill(1))", "out_of_memory"),
    ("new ArrayBuffer(1e10)", "out_of_memory"),
    ("const a = []; for (;;) a.push(new SharedArrayBuffer(1e7))", "out_of_memory"),
    ("const b = new ArrayBuffer(1, {maxByteLength: 2e9}); b.resize(2e9); new Uint8Array(b).fill(1)", "out_of_memory"),
    ("const a = []; for (;;) a.push(() => a) && setTimeout(() => {}, 1e6)", "out_of_memory"),
    (
        "const a = []; (function again() { for (let i = 0; i < 1e5; i++) a.push([i]); setTimeout(again) })(); new"
        " Promise(() => {})",
        "out_of_memory",
    ),
    ("let a = [1]; for (;;) a = a.concat(a)", "out_of_memory"),
    ("const a = []; for (;;) a.push(Symbol('x'.repeat(100) + a.length))", "out_of_memory"),
    # Size
    ("'a'.repeat(2 ** 21)", "result_too_large"),
    ("new Array(2 ** 20).fill(1)", "result_too_large"),
    ("Array.from({length: 1000}, () => 'a'.repeat(2000))", "result_too_large"),
    # Other ends
    ("let s = 'x'; for (;;) s += s", "thrown"),
    ("(function f() { return f() + 1 })()", "thrown"),
    ("const f = () => { try { f() } finally { f } }; f()", "thrown"),
    ("new Proxy({}, {get(_, k, r) { return r[k] }}).x", "thrown"),
    ("new Array(-1)", "thrown"),
    ("new Promise(() => {})", "never_settled"),
    ("const o = {toJSON() { return [o] }}; o", "not_json"),
    ("console.log('x'.repeat(1e7)); for (let i = 0; i < 1e6; i++) console.log(i)", None),
    (
        "function f() { try { f() } catch { f() } } let n = 0; try { (function g() { console.log(n++); g() })() }"
        " catch {}",
        None,
    ),
]


def run(code: str, *, seconds: float = SECONDS) -> Outcome:
    outcome = evaluate(code, seconds=seconds, memory_mb=MEMORY_MB, stop=lambda: False)
    return outcome


def memory() -> int:
    """What this process holds, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20


@pytest.mark.parametrize(("bomb", "code"), BOMBS)
def test_a_bomb_ends_by_its_own_limit_in_time(bomb: str, code: str | None) -> None:
    before, began = memory(), time.monotonic()
    seconds = SECONDS if code == "timeout" else AMPLE
    outcome = run(bomb, seconds=seconds)
    assert time.monotonic() - began < seconds + SLACK
    assert memory() - before < GROWTH_MB
    assert (outcome.error and outcome.error.code) == code, outcome.error
    assert outcome.error is None or outcome.error.message


@pytest.mark.parametrize("code", ["timeout", "out_of_memory", "result_too_large", "sandbox_failed"])
def test_each_limit_says_what_to_do(code: str) -> None:
    name, message = javascript.LIMITS[code]
    assert name.isalpha()
    assert "; " in message


@pytest.mark.parametrize(
    "bomb", [FOREVER, MICROTASKS, "const a = []; for (;;) a.push({a})", "for (;;) console.log('x'.repeat(1e5))"]
)
def test_what_runs_meanwhile_is_unhurt(bomb: str) -> None:
    bombs = [threading.Thread(target=run, args=(bomb,)) for _ in range(2)]
    for each in bombs:
        each.start()
    for _ in range(3):
        assert run("1 + 1", seconds=AMPLE).result == b"2"
    for each in bombs:
        each.join()


@pytest.mark.parametrize("memory_mb", [16, 64, 256, 1024, 65_536])
def test_every_size_of_memory_starts(memory_mb: int) -> None:
    outcome = evaluate("6 * 7", seconds=10, memory_mb=memory_mb, stop=lambda: False)
    assert outcome == Outcome(b"42", None, [])


@pytest.mark.parametrize("memory_mb", [16, 64, 256])
def test_as_much_memory_as_was_promised_may_be_held(memory_mb: int) -> None:
    buffers = f"const a = []; for (let i = 0; i < {memory_mb}; i++) a.push(new Uint8Array(1e6).fill(1)); a.length"
    objects = f"const a = []; for (let i = 0; i < {memory_mb * 5000}; i++) a.push({{i}}); 1"
    for code in (buffers, objects):
        outcome = evaluate(code, seconds=30, memory_mb=memory_mb, stop=lambda: False)
        assert outcome.error is None, outcome.error


def test_processor_time_is_limited_by_the_kernel_too(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sandbox.command
    monkeypatch.setattr(sandbox, "command", lambda *, seconds, memory_mb: whole(seconds=0.01 - 1, memory_mb=memory_mb))
    began = time.monotonic()
    outcome = evaluate(FOREVER, seconds=30, memory_mb=MEMORY_MB, stop=lambda: False)
    assert outcome.error == Failure("timeout", *javascript.LIMITS["timeout"], stack="")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "said",
    [
        "",
        "nonsense\\n",
        '{"kind":"result"}\\n',
        '{"kind":"result","value":[}\\n',
        '{"kind":"other"}\\n',
        '{"kind":"error","code":"mine","name":"","message":"","stack":""}\\n',
        '{"kind":"log","level":"loud","text":""}\\n',
        '{"kind":"log","level":"log","text":"\\\\ud800"}\\n',
        '{"kind":"result","value":"\\377"}\\n',
        '{"kind":"result","value":1}',
        "[" * 100_000 + "\\n",
    ],
)
def test_what_the_runner_never_says_is_a_failed_sandbox(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "command", lambda **_: ["/bin/sh", "-c", 'printf "$0"', said.replace('"', '"')])
    outcome = run("")
    assert outcome == Outcome(b"null", Failure("sandbox_failed", *javascript.LIMITS["sandbox_failed"], stack=""), [])


@pytest.mark.parametrize("flood", ["yes", "yes >&2", "cat /dev/zero", "cat /dev/zero >&2"])
def test_a_flood_of_output_is_not_held(flood: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "command", lambda **_: ["/bin/sh", "-c", flood])
    before = memory()
    outcome = run("")
    assert outcome.error is not None
    assert outcome.error.code in ("sandbox_failed", "timeout")
    assert memory() - before < GROWTH_MB


def test_one_that_only_closes_its_pipes_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "command", lambda **_: ["/bin/sh", "-c", "exec >&- 2>&-; exec sleep 60"])
    began = time.monotonic()
    assert run("").error is not None
    assert time.monotonic() - began < 1


def test_a_deno_that_is_missing_is_said_plainly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="Deno is not installed: run script/bootstrap"):
        sandbox.deno.__wrapped__()
