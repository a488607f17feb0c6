"""What JSON would lose in silence is refused, by its place in the result."""

import json

import pytest

from tests.workers.in_sandbox import run


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("new Map([[1, 2]])", "a Map"),
        ("new Set([1])", "a Set"),
        ("new Error('x')", "an Error"),
        ("Object.assign(new RangeError('x'), {code: 5})", "a RangeError"),
        ("new (class Own extends Error { code = 5 })", "an Own"),
        ("Object.assign(new Map(), {a: 1})", "a Map"),
        ("new (class Own extends Map { a = 1 })", "an Own"),
        ("new WeakMap()", "a WeakMap"),
        ("new WeakSet()", "a WeakSet"),
        ("new WeakRef({})", "a WeakRef"),
        ("Promise.resolve(1)", "a Promise"),
        ("/x/g", "a RegExp"),
        ("new ArrayBuffer(8)", "an ArrayBuffer"),
        ("new SharedArrayBuffer(8)", "a SharedArrayBuffer"),
        ("new DataView(new ArrayBuffer(8))", "a DataView"),
        ("new Map().keys()", "a Map Iterator"),
        ("(function* () {})()", "a Generator"),
        ("Object(Symbol())", "a Symbol"),
        ("Object(1n)", "a BigInt"),
        ("new Intl.NumberFormat()", "a NumberFormat"),
        ("new (class Counter { #count = 1 })", "a Counter"),
        ("new (class { #count = 1 })", "an object of a class without a name"),
        ("Object.create({a: 1})", "an object with inherited properties only"),
        ("Object.create(Object.create({a: 1}))", "an object with inherited properties only"),
        ("new Proxy(new Map(), {})", "a Map"),
        ("() => 1", "a function"),
        ("class {}", "a function"),
        ("Symbol()", "a symbol"),
        ("10n", "a BigInt"),
        ("new BigUint64Array(1)[0]", "a BigInt"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("new Number(NaN)", "NaN"),
        ("new (class Own extends Number {})(Infinity)", "Infinity"),
        ("Object.assign(new Number(1), {valueOf: () => NaN})", "NaN"),
        ("Object.assign(Object(1n), {a: 1})", "a BigInt"),
        ("Object.create(Number.prototype)", "a Number"),
    ],
)
def test_what_json_would_lose_is_named_with_its_place(value: str, name: str) -> None:
    error = run(f"({{items: [0, 1, 2, {{price: {value}}}]}})").error
    assert error is not None
    assert (error.code, error.name, error.stack) == ("not_json", "NotJSON", "")
    assert error.message.startswith(f"result.items[3].price is {name}, which JSON can't hold; ")
    assert error.message.endswith(".")


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("new Map()", "result"),
        ("await new Set()", "result"),
        ("return [[[1n]]]", "result[0][0][0]"),
        ("({'a b': {'': {'1a': {$: {'é\"': NaN}}}}})", 'result["a b"][""]["1a"].$["é\\""]'),
        ("[, 1n]", "result[1]"),
        ("({toJSON() { return {a: [() => 1]} }})", "result.a[0]"),
        ("({a: {b: 1}, c: [{d: 1}, {e: 2}], f: NaN})", "result.f"),
        ("({a: [{b: [1, 2]}, {c: {d: new Map()}}]})", "result.a[1].c.d"),
        ("new BigInt64Array(2)", "result[0]"),
        ("new Float64Array([1, NaN])", "result[1]"),
        ("({['x'.repeat(1000)]: NaN})", f'result["{"x" * 60}"]'),
        ("const shared = {a: 1}; [shared, shared, NaN]", "result[2]"),
        ("Array.prototype[Symbol.iterator] = Set.prototype.has = null; [[1], NaN]", "result[1]"),
    ],
)
def test_the_place_is_written_as_the_code_would(code: str, place: str) -> None:
    error = run(code).error
    assert error is not None
    assert error.code == "not_json"
    assert error.message.startswith(f"{place} is ")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("const a = {}; a.a = a; a", "result.a is circular: it is result again."),
        ("const a = {b: [0]}; a.b[1] = {c: a.b}; a", "result.b[1].c is circular: it is result.b again."),
    ],
)
def test_a_circle_is_named_with_both_its_ends(code: str, message: str) -> None:
    error = run(code).error
    assert error is not None
    assert (error.code, error.message) == ("not_json", message)


def test_a_place_that_is_very_deep_is_named_by_its_end() -> None:
    error = run("let a = NaN; for (let i = 0; i < 400; i++) a = {some: a}; a").error
    assert error is not None
    assert error.message.startswith("result…")
    assert error.message.endswith(".some.some is NaN, which JSON can't hold; give null or a string.")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("({at: new Date(0), of: {toJSON: () => 'b'}})", {"at": "1970-01-01T00:00:00.000Z", "of": "b"}),
        ("Map.prototype.toJSON = function () { return [...this] }; new Map([[1, 2]])", [[1, 2]]),
        ("const e = new Error('x'); e.toJSON = () => e.message; [e]", ["x"]),
        ("new (class Point { x = 1; #y = 2; get z() { return 3 } })", {"x": 1}),
        ("[new Number(1), new String('a'), new Boolean(false)]", [1, "a", False]),
        ("new Number(5)", 5),
        ("[new (class Own extends String {})('a'), Object.assign(new Boolean(true), {a: 1})]", ["a", True]),
        ("Object.assign(new Number(1), {toString: () => 3, valueOf: () => 2})", 2),
        ("Object.assign(new String('a'), {toString: () => 'b'})", "b"),
        ("Object.assign(Object.create(null), {a: 1})", {"a": 1}),
        ("[Object.create({}), Object.create(Object.create(null))]", [{}, {}]),
        ("Object.assign(Object.create({a: 1}), {b: 2})", {"b": 2}),
        ("JSON.parse('[1, {\"a\": null}]')", [1, {"a": None}]),
        ("const shared = {a: 1}; [shared, [shared]]", [{"a": 1}, [{"a": 1}]]),
        ("({[Symbol('s')]: 1, a: 1})", {"a": 1}),
        ("(function () { return arguments })(1, 2)", {"0": 1, "1": 2}),
        ("new Proxy([1, {a: 2}], {})", [1, {"a": 2}]),
        ("let n = 0; ({get a() { return ++n }})", {"a": 1}),
    ],
)
def test_what_json_can_hold_is_written_as_ever(code: str, expected: object) -> None:
    outcome = run(code)
    assert outcome.error is None, outcome.error
    assert json.loads(outcome.result) == expected


@pytest.mark.parametrize("code", ["const a = []; a[2 ** 31] = 1; a", "new Array(2 ** 20)", "new Uint8Array(2 ** 20)"])
def test_a_list_that_is_much_too_long_ends_at_once(code: str) -> None:
    error = run(code).error
    assert error is not None
    assert error.code == "result_too_large"
