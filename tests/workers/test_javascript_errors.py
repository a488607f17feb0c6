"""What a piece of code that fails is told, and what it has printed until then."""

import pytest

from tests.workers.in_sandbox import failure, run
from workers.javascript import LOGS_HOLD, Failure, LogLine

CUT = LogLine("warn", "… the rest was cut off: logs hold 64 KiB")
HOSTILE = [
    "throw new Proxy({}, {get() { throw 1 }, getPrototypeOf() { throw 2 }, ownKeys() { throw 3 }})",
    "throw {get message() { throw 1 }, toString() { throw 2 }, toJSON() { throw 3 }}",
    "throw {toString() { return {} }, toJSON() { return undefined }, valueOf: null}",
    "const e = new Error('x'); for (const k of ['name', 'message', 'stack']) Object.defineProperty(e, k, {get() {"
    " throw e }}); throw e",
    "const e = new Error('x'); e.name = e.message = e.stack = {toString() { throw 1 }}; throw e",
    "const e = new Error('x'); e.name = Symbol(); e.message = 1n; e.stack = null; throw e",
    "const e = new Error('x'); e.name = 'n'.repeat(1e6); e.stack = ' at x (task.js:1:1)\\n'.repeat(1e6); throw e",
    "throw new Error('m'.repeat(1e7))",
    "throw 's'.repeat(1e7)",
    "throw '\\ud800' + '😀'.repeat(5000)",
    "const e = new Error('\\udfff'); e.name = '\\ud800'; throw e",
    "Error.prepareStackTrace = () => { throw 1 }; null.x",
    "Error.prepareStackTrace = (e, frames) => frames; null.x",
    "Error.prototype.toString = String = JSON.stringify = null; Reflect.apply = () => { throw 1 }; null.x",
    "String.prototype.slice = String.prototype.startsWith = () => { throw 1 }; throw new Error('x')",
    "Object.defineProperty(Object.prototype, 'get', {get() { throw 1 }, set() { throw 2 }}); throw new Error('x')",
    "Array.prototype[Symbol.iterator] = () => { throw 1 }; console.log(1, 2); throw new Error('x')",
    "Object.prototype.then = (_, fail) => fail(new Error('x')); ({})",
    "class Own extends Promise { static get [Symbol.species]() { throw new Error('x') } } Own.reject(1)",
    "Promise.prototype.then = Promise.prototype.catch = null; Promise.reject(new Error('x'))",
    "throw globalThis",
    "throw Object.create(null)",
    "throw function named() {}",
    "throw new AggregateError([1, 2])",
]


@pytest.mark.parametrize(
    ("code", "name", "message", "stack"),
    [
        ("throw new TypeError('bad')", "TypeError", "bad", "    at task.js:1:7"),
        ("\n  null.x", "TypeError", "Cannot read properties of null (reading 'x')", "    at task.js:2:8"),
        (
            "function f() { nothing }\n f()",
            "ReferenceError",
            "nothing is not defined",
            "    at f (task.js:1:16)\n    at task.js:2:2",
        ),
        ("class Own extends Error { name = 'Own' }\nthrow new Own('x')", "Own", "x", "    at task.js:2:7"),
        ("await 1; throw new Error('x')", "Error", "x", "    at task.js:1:16"),
        ("await 1;\nthrow new Error('x')", "Error", "x", "    at task.js:2:7"),
        ("Promise.reject(new RangeError('x'))", "RangeError", "x", "    at task.js:1:16"),
        ("setTimeout(() => { throw new Error('x') }, 1); new Promise(() => {})", "Error", "x", "    at task.js:1:26"),
        ("queueMicrotask(() => { throw new Error('x') }); new Promise(() => {})", "Error", "x", "    at task.js:1:30"),
        ("Promise.reject(new Error('x')); 5", "Error", "x", "    at task.js:1:16"),
        (
            # A slow machine: the turn in which the result came lasts longer than a timer.
            "Promise.reject(new Error('x')); (async () => { const from = Date.now();"
            " for (let i = 0; i < 20; i++) await 0; while (Date.now() - from < 20); })(); 5",
            "Error",
            "x",
            "    at task.js:1:16",
        ),
        ("(async () => { throw new Error('x') })(); 5", "Error", "x", "    at task.js:1:22\n    at task.js:1:39"),
        ("({toJSON() { throw new Error('x') }})", "Error", "x", "    at Object.toJSON (task.js:1:20)"),
        ("({get a() { throw new Error('x') }})", "Error", "x", "    at Object.get a (task.js:1:19)"),
        ("const a = 1; a = 2", "TypeError", "Assignment to constant variable.", "    at task.js:1:16"),
        ("new Array(-1)", "RangeError", "Invalid array length", "    at task.js:1:1"),
        ("JSON.stringify(10n)", "TypeError", "Do not know how to serialize a BigInt", "    at task.js:1:6"),
        ("'a'.repeat(2 ** 30)", "RangeError", "Invalid string length", "    at task.js:1:5"),
        ("throw 'text'", "Thrown", "text", ""),
        ("throw null", "Thrown", "null", ""),
        ("throw undefined", "Thrown", "undefined", ""),
        ("throw 42", "Thrown", "42", ""),
        ("throw 42n", "Thrown", "42n", ""),
        ("throw {code: 5}", "Thrown", '{"code":5}', ""),
        ("throw Symbol('s')", "Thrown", "Symbol(s)", ""),
        ("Promise.reject()", "Thrown", "undefined", ""),
        ("await Promise.reject({a: 1})", "Thrown", '{"a":1}', ""),
        ("throw new Map([[1, {a: 2}]])", "Thrown", 'Map(1) {1 => {"a":2}}', ""),
        ("return null.x", "TypeError", "Cannot read properties of null (reading 'x')", "    at task.js:1:13"),
        (
            "#! a shebang\nawait 1\n  null.x",
            "TypeError",
            "Cannot read properties of null (reading 'x')",
            "    at task.js:3:8",
        ),
        ("await Promise.reject(new Error('x')); return 1", "Error", "x", "    at task.js:1:22"),
        (
            "async function f() {\n  throw new Error('x')\n}\nf(); await 0",
            "Error",
            "x",
            "    at f (task.js:2:9)\n    at task.js:4:1",
        ),
        ("return {get a() { throw new Error('x') }}", "Error", "x", "    at Object.get a (task.js:1:25)"),
        ("return {toJSON() { throw new Error('x') }}", "Error", "x", "    at Object.toJSON (task.js:1:26)"),
        ("({get a() { throw 'x' }})", "Thrown", "x (thrown while the result was written as JSON)", ""),
        ("const e = {}; Error.captureStackTrace(e); throw e", "Thrown", "{}", "    at task.js:1:21"),
    ],
)
def test_what_is_thrown_is_told_with_the_codes_own_places(code: str, name: str, message: str, stack: str) -> None:
    assert failure(code) == Failure("thrown", name, message, stack)


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("const a = 1; await null; null.x", "1:31"),
        ("return null.x", "1:13"),
        ("await null.x", "1:12"),
        ("null.x", "1:6"),
        ("#! a shebang\nawait 1; null.x", "2:15"),
        ("#! a shebang\n null.x", "2:7"),
        ("await 1; (() => {\n  //# sourceURL=inner.js\n  null.x })()", "3:8"),
    ],
)
@pytest.mark.parametrize(
    "ending",
    [
        " // done",
        " //# sourceURL=other.js",
        "\n//# sourceURL=other.js\n",
        "\n//@ sourceURL=other.js",
        "\n//# sourceMappingURL=other.js.map\n//# sourceURL=other.js",
        " //# sourceMappingURL=data:application/json,{}",
    ],
)
def test_a_source_url_in_the_code_moves_no_place(code: str, place: str, ending: str) -> None:
    assert failure(code + ending).stack.splitlines()[0].endswith(f"task.js:{place}")


@pytest.mark.parametrize("code", HOSTILE)
def test_a_hostile_error_is_told_within_bounds(code: str) -> None:
    error = failure(code)
    assert error.code == "thrown"
    assert 0 < len(error.name) <= 200
    assert len(error.message) <= 2000
    assert len(error.stack) <= 4000
    f"{error}".encode()
    assert "runner" not in f"{error}"
    assert "prelude" not in error.stack


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("() => 1", "a function"),
        ("Symbol()", "a symbol"),
        ("10n", "BigInt"),
        ("[[10n]]", "BigInt"),
        ("const a = {}; a.a = a; a", "circular"),
        ("Promise.resolve(() => 1)", "a function"),
        ("({toJSON() {}})", "an object without JSON"),
        ("let d = []; for (let i = 0; i < 500; i++) d = [d]; d", "500 levels"),
        ("let d = {}; for (let i = 0; i < 1e5; i++) d = {d}; d", "500 levels"),
        ("const o = {toJSON() { return {o} }}; o", "500 levels"),
    ],
)
def test_what_json_cant_hold_says_so(code: str, part: str) -> None:
    error = failure(code)
    assert error.code == "not_json"
    assert part in error.message


@pytest.mark.parametrize("code", ["new Promise(() => {})", "({then() {}})", "await new Promise(() => {}); return 1"])
def test_a_promise_that_nothing_will_settle_is_not_waited_for(code: str) -> None:
    assert failure(code).code == "never_settled"


def test_what_is_printed_is_kept_in_order_with_its_level() -> None:
    code = """console.log('a', 1, {b: [2n]}); console.info(undefined, null); console.warn(new TypeError('x'));
    console.error(Symbol('s'), -0.5); console.debug(); setTimeout(() => console.log('later 😀'), 1);
    new Promise(done => setTimeout(done, 20))"""
    levels = [("log", 'a 1 {"b":[2n]}'), ("info", "undefined null"), ("warn", "TypeError: x\n    at task.js:1:77")]
    levels += [("error", "Symbol(s) -0.5"), ("debug", ""), ("log", "later 😀")]
    assert run(code).logs == [LogLine(*each) for each in levels]


@pytest.mark.parametrize(
    "ending", ["throw 1", "while (true);", "const a = []; for (;;) a.push({a})", "new Promise(() => {})"]
)
def test_what_was_printed_before_a_bad_end_is_kept(ending: str) -> None:
    outcome = run(f"console.log('so far'); {ending}", seconds=3)
    assert outcome.error is not None
    assert outcome.logs == [LogLine("log", "so far")]


@pytest.mark.parametrize(
    "code",
    [
        "console.log(Object.create(null), new Proxy({}, {get() { throw 1 }}), {toString() { throw 1 }, toJSON() {"
        " throw 1 }})",
        "const a = {}; a.a = a; console.log(a)",
        "console.log('\\ud800', '\\0', '\\u2028')",
        "console.log(globalThis); console.log(console)",
        "console.log.call(null, 1); console.log.apply(undefined, [2]); new Proxy(console.log, {})(3)",
    ],
)
def test_anything_can_be_printed(code: str) -> None:
    outcome = run(code)
    assert outcome.error is None
    assert outcome.logs
    f"{outcome.logs}".encode()


@pytest.mark.parametrize(
    "code",
    [
        "console.log('a'.repeat(1e7))",
        "for (let i = 0; i < 1e5; i++) console.log('a line')",
        "for (let i = 0; i < 1e6; i++) console.log('')",
        "for (let i = 0; i < 1e4; i++) console.log('é😀\\0'.repeat(10))",
    ],
)
def test_64_kib_of_lines_are_kept_and_it_is_said_that_the_rest_was_cut_off(code: str) -> None:
    outcome = run(code)
    assert outcome.error is None
    *kept, last = outcome.logs
    assert last == CUT
    assert len(kept) <= LOGS_HOLD // 32
    assert LOGS_HOLD - 128 <= sum(len(line.text.encode()) + 32 for line in kept) <= LOGS_HOLD


def test_a_line_that_fills_the_logs_exactly_is_not_cut() -> None:
    assert run(f"console.log('a'.repeat({LOGS_HOLD - 32}))").logs == [LogLine("log", "a" * (LOGS_HOLD - 32))]
