"""The console, as https://console.spec.whatwg.org has it, and how values look in logs."""

import re

import pytest

from tests.workers.in_sandbox import run
from workers.javascript import LOGS_HOLD, LogLine


def logs(code: str) -> list[LogLine]:
    outcome = run(code)
    assert outcome.error is None, outcome.error
    return outcome.logs


def text(code: str) -> str:
    (line,) = logs(code)
    return line.text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("'%s is %d years and %i days, %f m', 'Al', 42.9, '7.5', '1.75'", "Al is 42 years and 7 days, 1.75 m"),
        ("'%s %s %s %s', undefined, null, {}, [1, 2]", "undefined null [object Object] 1,2"),
        ("'%s', Symbol('s')", "Symbol(s)"),
        ("'%s', {toString() { throw 1 }}", '{"toString":[Function: toString]}'),
        ("'%d %i %f', 'x', {}, Symbol()", "NaN NaN NaN"),
        ("'%d', 10n", "10"),
        ("'%o %O', {a: ['b']}, 'c'", '{"a":["b"]} "c"'),
        ("'%cred%c', 'color: red', ''", "red"),
        ("'100%% of %s', 'it'", "100% of it"),
        ("'100%%'", "100%%"),
        ("'%s'", "%s"),
        ("'%s and %s', 'a'", "a and %s"),
        ("'%s', '%s', 'c'", "%s c"),
        ("'%x %', 1", "%x % 1"),
        ("'a', 'b', {c: 1}, 2", 'a b {"c":1} 2'),
        ("1, '%s', 2", "1 %s 2"),
        ("", ""),
    ],
)
def test_a_first_text_is_a_format(given: str, expected: str) -> None:
    assert text(f"console.log({given})") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("new Map([['a', {b: 1}], [{}, [2]]])", 'Map(2) {"a" => {"b":1},{} => [2]}'),
        ("new Set([1, 'a', new Set()])", 'Set(3) {1,"a",Set(0) {}}'),
        ("{m: new Map([[1, 2]])}", '{"m":Map(1) {1 => 2}}'),
        ("new (class Own extends Map {})([[1, 2]])", "Own(1) {1 => 2}"),
        ("[new RangeError('x')]", "[[RangeError: x]]"),
        ("new RangeError('x')", "RangeError: x\n    at task.js:1:13"),
        ("Object.assign(new Error('x'), {code: 5})", 'Error: x\n    at task.js:1:27 {"code":5}'),
        ("new Error('x', {cause: new Error('y')})", "Error: x\n    at task.js:1:13\n    [cause]: [Error: y]"),
        ("{a: undefined, b: NaN, c: -0, d: 1n, e: null}", '{"a":undefined,"b":NaN,"c":-0,"d":1n,"e":null}'),
        ("[undefined, , Symbol('s')]", "[undefined,empty,Symbol(s)]"),
        ("{f() {}, g: class A {}, h: () => 1}", '{"f":[Function: f],"g":[class: A],"h":[Function: h]}'),
        ("function named() {}", "[Function: named]"),
        ("/x\\//gi", "/x\\//gi"),
        ("new Date(0)", '"1970-01-01T00:00:00.000Z"'),
        ("[new Date(NaN), {at: new Date('no date')}]", '[Invalid Date,{"at":Invalid Date}]'),
        ("Object.create(Date.prototype)", "Date {}"),
        ("[new Number(5), new Number(-0), Object(1n)]", "[[Number: 5],[Number: -0],[BigInt: 1n]]"),
        ("[new Boolean(false), Object(Symbol('s'))]", "[[Boolean: false],[Symbol: Symbol(s)]]"),
        ("new String('x')", '[String: "x"]'),
        ("new (class Own extends Number {})(5)", "[Own: 5]"),
        ("Object.create(Number.prototype)", "Number {}"),
        ("new Uint8Array([1, 2])", "Uint8Array(2) [1,2]"),
        ("[Promise.resolve(1), new WeakMap(), [1].values()]", "[Promise {},WeakMap {},Array Iterator {}]"),
        ("new (class Point { x = 1; #y = 2 })", 'Point {"x":1}'),
        ("Object.create(null)", "{}"),
        ("{get a() { throw 1 }, b: 2}", '{"a":[Throws],"b":2}'),
        ("new Proxy({}, {ownKeys() { throw 1 }})", "(something that can't be shown)"),
        ("[new Proxy({}, {ownKeys() { throw 1 }}), 1]", "[(something that can't be shown),1]"),
        ("'text'", "text"),
        ("['text', {a: 'b'}]", '["text",{"a":"b"}]'),
    ],
)
def test_a_value_is_shown_with_what_it_holds(value: str, expected: str) -> None:
    assert text(f"console.log({value})") == expected


def test_what_holds_itself_is_shown_once() -> None:
    assert text("const m = new Map(); m.set('m', [m]); console.log(m)") == 'Map(1) {"m" => [[Circular]]}'
    assert text("let d = []; for (let i = 0; i < 99; i++) d = [d]; console.log(d)").count("[") == 51


@pytest.mark.parametrize(
    "value", ["new Map(big.map(x => [x, x]))", "new Set(big)", "big", "Object.assign({}, big)", "[big, big]"]
)
def test_a_value_that_is_too_long_for_the_logs_is_cut_off(value: str) -> None:
    line, cut = logs(f"const big = Array.from({{length: 1e5}}, (_, i) => 'é' + i); console.log({value})")
    assert LOGS_HOLD - 128 < len(line.text.encode()) <= LOGS_HOLD
    assert cut.level == "warn"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("console.assert(true, 'a')", []),
        ("console.assert()", [("error", "Assertion failed")]),
        ("console.assert(0, 'at %d', 5.5)", [("error", "Assertion failed: at 5")]),
        ("console.assert(false, {a: 1}, '%s')", [("error", 'Assertion failed {"a":1} %s')]),
        (
            "console.count(); console.count('a'); console.count('default'); console.countReset(); console.count()",
            [("info", "default: 1"), ("info", "a: 1"), ("info", "default: 2"), ("info", "default: 1")],
        ),
        ("console.count('__proto__'); console.count(null)", [("info", "__proto__: 1"), ("info", "null: 1")]),
        ("console.countReset('a')", [("warn", 'There is no count for "a".')]),
        ("console.timeEnd('a')", [("warn", 'There is no timer "a".')]),
        ("console.timeLog()", [("warn", 'There is no timer "default".')]),
        ("console.time('a'); console.time('a')", [("warn", 'There is a timer "a" already.')]),
        ("console.dir('a'); console.dir({a: 1}, {depth: 0})", [("log", '"a"'), ("log", '{"a":1}')]),
        ("console.dirxml(1, {a: 1})", [("log", '1 {"a":1}')]),
        (
            "console.group('%s', 'one'); console.log('a\\nb'); console.groupCollapsed(); console.warn(1);"
            " console.groupEnd(); console.info(2); console.groupEnd(); console.groupEnd(); console.log(3)",
            [("log", "one"), ("log", "  a\n  b"), ("warn", "    1"), ("info", "  2"), ("log", "3")],
        ),
        ("console.group(); console.clear(); console.log(1)", [("log", "1")]),
        (
            "(function f() { console.trace('a %s', 1) })()",
            [("log", "Trace: a 1\n    at f (task.js:1:25)\n    at task.js:1:44")],
        ),
        ("const {log, table} = console; log(1); table(2)", [("log", "1"), ("log", "2")]),
    ],
)  # fmt: skip
def test_every_method_does_as_the_standard_says(code: str, expected: list[tuple[str, str]]) -> None:
    assert logs(code) == [LogLine(*each) for each in expected]


def test_timers_tell_how_long_it_took() -> None:
    pause = "await new Promise(done => setTimeout(done, 30));"
    log, end, gone = logs(
        f"console.time('a'); {pause} console.timeLog('a', {{b: 1}}); console.timeEnd('a'); console.timeEnd('a')"
    )
    assert (log.level, end.level, gone.level) == ("log", "info", "warn")
    told = re.fullmatch(r'a: (\d+(?:\.\d+)?) ms \{"b":1\}', log.text)
    assert told is not None
    assert float(told[1]) >= 29
    assert re.fullmatch(r"a: \d+(\.\d+)? ms", end.text)


@pytest.mark.parametrize(
    "call", ["log(o)", "table(o)", "dir(o)", "group(o)", "assert(0, o)", "trace(o)", "timeLog('a', o)", "log('%o', o)"]
)
def test_nothing_is_formatted_once_the_logs_are_full(call: str) -> None:
    code = f"""let read = 0; const o = {{get a() {{ read++ }}}}; console.time('a');
    console.log('a'.repeat({LOGS_HOLD + 1})); console.{call}; read"""
    outcome = run(code)
    assert (outcome.result, outcome.error) == (b"0", None)


def test_many_large_lines_past_the_limit_cost_little() -> None:
    code = "const o = Array.from({length: 200}, (_, i) => ({i})); for (let i = 0; i < 20_000; i++) console.log(o)"
    assert logs(code)[-1].level == "warn"


@pytest.mark.parametrize("method", ["log", "table", "dir", "group", "assert", "trace", "count", "time", "timeLog"])
def test_the_console_does_not_trust_what_the_code_has_changed(method: str) -> None:
    code = f"""
    const {{{method}: method}} = console, bad = () => {{ throw new Error("called") }}, found = [];
    for (const of of [Array, String, Object, Map, Set, Function, RegExp, Error, JSON, Reflect, Math])
      for (const it of [of, of.prototype]) for (const key of it ? Reflect.ownKeys(it) : [])
        if (key !== "constructor" && Object.getOwnPropertyDescriptor(it, key).value?.call) found.push([it, key]);
    Object.defineProperty(Object.prototype, "value", {{get: bad}});
    for (let i = 0; i < found.length; i++) try {{ found[i][0][found[i][1]] = bad }} catch {{}}
    method({"false, " if method == "assert" else ""}'%o', {{a: [1], b: new Map(), c: /x/}}); 5"""
    assert logs(code) or method == "time"
