"""What a piece of code results in."""

import json
from typing import Any

import pytest

from tests.workers.in_sandbox import run
from workers.javascript import RESULT_HOLDS, Outcome

PLANES = 'Aé漢\u0000\u2028\ufffd\ufeff😀𠀀\U0010ffff"\\/\n'


def value(code: str) -> Any:
    outcome = run(code)
    assert outcome.error is None, outcome.error
    return json.loads(outcome.result.decode())


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("6*7", 42),
        ("1.5e300", 1.5e300),
        ("'a' + 'b'", "ab"),
        ("const a = 2; a ** 10", 1024),
        ("({a: 1, b: [true, null, 'x']})", {"a": 1, "b": [True, None, "x"]}),
        ("[1, [2, [3]]]", [1, [2, [3]]]),
        ("undefined", None),
        ("null", None),
        ("let a = 1", None),
        ("if (true) { 5 }", 5),
        ("for (let i = 0; i < 3; i++) i", 2),
        ("function f() { return 3 } f()", 3),
        ("var x = 1; this.x + globalThis.x", 2),
        ("with ({a: 3}) a", 3),
        ("'use strict'; (function () { return this })()", None),
        ("new Date(0)", "1970-01-01T00:00:00.000Z"),
        ("new Date(NaN)", None),
        ("new Uint8Array([1, 2])", {"0": 1, "1": 2}),
        ("[-0, 5e-324]", [0, 5e-324]),
        ("({a: undefined})", {}),
        ("[undefined, , 1]", [None, None, 1]),
        ("'abc'.match(/b/)", ["b"]),
        ("({toJSON() { return {shown: 1} }})", {"shown": 1}),
        ("BigInt.prototype.toJSON = function () { return String(this) }; 10n", "10"),
        ("new Proxy({a: 1}, {})", {"a": 1}),
        ("Object.create(null)", {}),
        ("new Number(3)", 3),
        ("eval('1 + 1') + Function('return 2')()", 4),
        ("({__proto__: {a: 1}, b: 2})", {"b": 2}),
        ("JSON.parse('{\"__proto__\": 1}')", {"__proto__": 1}),
    ],
)
def test_the_value_of_the_last_expression_is_the_result(code: str, expected: object) -> None:
    assert value(code) == expected


@pytest.mark.parametrize(
    "code", ["", " \n\t", ";", "// nothing", "/* nothing */", "{}", "\ufeff", "\u2028", "#! a shebang"]
)
def test_code_that_does_nothing_results_in_null(code: str) -> None:
    assert value(code) is None


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1 // comment", 1),
        ("// before\n1\n// after", 1),
        ("{a: 1}", 1),  # a block with a label, as in every script
        ("({a: 1});", {"a": 1}),
        ("let await_ = 1; await_", 1),
        ("'await x; return y'", "await x; return y"),
        ("const await = n => n + 1; (() => await(1))()", 2),
        ("async function f() { return await (3) } f()", 3),
        ("async () => { await (1) }; 5", 5),
        ("with ({}) {} async () => { await (1) }; 5", 5),
        ("#!/usr/bin/env -S deno run\n5", 5),
    ],
)
def test_a_script_stays_one(code: str, expected: object) -> None:
    assert value(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Promise.resolve(7)", 7),
        ("Promise.resolve(Promise.resolve(7))", 7),
        ("({then(done) { done(7) }})", 7),
        ("(async () => 7)()", 7),
        ("new Promise(done => setTimeout(done, 5, 7))", 7),
        ("new Promise(done => queueMicrotask(() => done(7)))", 7),
        (
            "new Promise(done => { let n = 0; const i = setInterval(() => { if (++n == 3) { clearInterval(i);"
            " done(n) } }, 1) })",
            3,
        ),
        ("const t = setTimeout(() => { throw 1 }, 1); clearTimeout(t); new Promise(done => setTimeout(done, 9, 7))", 7),
        ("clearTimeout(99); clearInterval(undefined); clearTimeout({}); 7", 7),
        ("Promise.prototype.then = () => 1; Promise.resolve(7)", 7),
        ("Promise.reject(1).catch(() => 7)", 7),
        ("const p = Promise.reject(1); p.catch(() => {}); 7", 7),
    ],
)
def test_a_promise_is_awaited(code: str, expected: object) -> None:
    assert value(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("await Promise.resolve(7)", 7),
        ("await Promise.resolve(7);", 7),
        ("\n// first\nawait 7 // done;\n/* and; more */", 7),
        ("await (async () => 7)()", 7),
        ("await (1) + await [2][0]", 3),
        ("[await 1, await 2]", [1, 2]),
        ("(await 1), (await 2)", 2),
        ("`${await 7}`", "7"),
        ("{a: await 1}", {"a": 1}),
        ("({a: await 1})", {"a": 1}),
        ("await 1; await 2", None),
        ("await 1; return 2", 2),
        ("const a = await (3); return a + 1", 4),
        ("for await (const a of [1, 2]) { if (a == 2) return a }", 2),
        ("return 5", 5),
        ("console.log('hi'); return 5", 5),
        ("let a = 5; if (a > 9) { return 0 }; return a", 5),
        ("let [a] = await [5]; return a", 5),
        ("let [a] = await [5]", None),
        ("class A extends (await Object) {}", None),
        ("{a: await 1, b: await 2}", {"a": 1, "b": 2}),
        ("{a: await 1};", {"a": 1}),
        ("with ({a: 1}) console.log(a); return await (5)", 5),
        ("with ({}) {}\nconst a = await (1)", None),
        ("arguments.length + (await 1)", 1),
        ("using a = null; return 5", 5),
        ("--> a comment of old\nreturn 5", 5),
        ("#!/usr/bin/env -S deno run\nreturn 5", 5),
        ("#!/usr/bin/env -S deno run\nawait 5", 5),
        ("\ufeff#!/usr/bin/env -S deno run\r\nawait 5", 5),
        ("return", None),
        ("return\n5", None),
        ("return {a: 1} // done", {"a": 1}),
        ("if (true) return 1; return 2", 1),
        ("return await (async () => 3)()", 3),
        ("return new Promise(done => setTimeout(done, 1, 9))", 9),
        ("try { await Promise.reject(1) } catch (e) { return e + 1 }", 2),
    ],
)
def test_a_top_level_await_or_return_makes_it_an_async_function(code: str, expected: object) -> None:
    assert value(code) == expected


def test_text_of_every_plane_of_unicode_comes_through() -> None:
    assert value(json.dumps(PLANES)) == PLANES
    assert value(f"String.raw`{PLANES[6:9]}`") == PLANES[6:9]
    assert value("String.fromCodePoint(0, 0x7f, 0xffff, 0x10000, 0x10ffff)") == "\0\x7f\uffff\U00010000\U0010ffff"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (r'"\ud800"', "\ufffd"),
        (r'"a\udc00\ud800b"', "a\ufffd\ufffdb"),
        (r'({"\ud800": "\ud83d\ude00"})', {"\ufffd": "😀"}),
        (r'"\\ud800"', r"\ud800"),
        (r'"\\\ud800"', "\\\ufffd"),
        (r'JSON.rawJSON("\"\\ud83d\\ude00 \\uD83D\"")', "😀 \ufffd"),
        ('"\ud800"', "\ufffd"),
    ],
)
def test_half_a_character_becomes_the_replacement_character(code: str, expected: object) -> None:
    assert value(code) == expected


def test_a_result_of_1_mib_is_the_largest() -> None:
    assert len(run(f"'a'.repeat({RESULT_HOLDS - 2})").result) == RESULT_HOLDS
    assert len(run(f"'é'.repeat({RESULT_HOLDS // 2 - 1})").result) == RESULT_HOLDS
    for code in (f"'a'.repeat({RESULT_HOLDS - 1})", f"'é'.repeat({RESULT_HOLDS // 2})", "'a'.repeat(2 ** 24)"):
        outcome = run(code, memory_mb=512)
        assert outcome.error is not None
        assert outcome.error.code == "result_too_large"
        assert outcome.result == b"null"


def test_a_result_of_500_levels_is_the_deepest() -> None:
    assert run("let d = []; for (let i = 0; i < 499; i++) d = [d]; d").result == b"[" * 500 + b"]" * 500
    assert value("'['.repeat(1000)") == "[" * 1000
    assert value("['\\\\', '\"['.repeat(1000)]") == ["\\", '"[' * 1000]


@pytest.mark.parametrize(
    "late",
    ["setTimeout(late, 0)", "setTimeout(late, 2)", "setTimeout(() => setTimeout(late, 0), 0)", "setInterval(late, 1)"],
)
@pytest.mark.parametrize("late_deed", ["throw new Error('late')", "while (true) {}", "console.log('late')"])
def test_timers_that_are_still_to_fire_when_there_is_a_result_never_do(late: str, late_deed: str) -> None:
    code = f"const late = () => {{ {late_deed} }}; {late}; 5"
    assert run(code, seconds=5) == Outcome(b"5", None, [])


def test_code_of_256_kib_runs() -> None:
    assert value("1;" * (128 * 1024 - 1) + "2") == 2
