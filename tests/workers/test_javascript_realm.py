"""The code's realm is a bare one: no road leads to that of Deno, and none to the run before."""

import pytest

from tests.workers.in_sandbox import run

# Whether a constructor leads out of the realm; what comes with one is tried with it.
OUT = """const out = (o) => {
  try { return o.constructor.constructor("return typeof Deno + typeof process")() } catch (e) { return String(e) }
}; """
HOME = '"undefinedundefined"'
# Roads out of the realm: each gives what it found at the end of one.
ROADS = [
    "out(this)",
    "out(globalThis)",
    "out(console.log)",
    "out(setTimeout)",
    "out(queueMicrotask)",
    "out(eval)",
    "out(setTimeout(() => {}, 1))",
    "let r; try { setTimeout('x') } catch (e) { r = out(e) } r",
    "let r; try { setTimeout(() => {}, Symbol()) } catch (e) { r = out(e) } r",
    "return await import('x').catch(out)",
    "const p = import('x'); p.catch(() => {}); out(p)",
    "return await eval('import(`x`)').catch(out)",
    "out(Object.getOwnPropertyDescriptor(globalThis, 'setTimeout'))",
    "globalThis.x = 1; out(Object.getOwnPropertyDescriptor(globalThis, 'x'))",
    "let r = out({}); try { null.x } catch (e) { r = out(e) } r",
    "let r; try { eval('@') } catch (e) { r = out(e) } r",
    "let r; const f = () => { try { f() } catch (e) { r = out(e); throw e } }; try { f() } catch {} r",
    "let r; const f = () => { try { console.log(1); f() } catch (e) { r ??= e } }; f(); out(r)",
    "let r; const f = () => { try { setTimeout(() => {}, 1e6); f() } catch (e) { r ??= e } }; f(); out(r)",
    "let r; const f = () => { try { clearTimeout(1); f() } catch (e) { r ??= e } }; f(); out(r)",
    "let r; const f = () => { try { queueMicrotask(() => {}); f() } catch (e) { r ??= e } }; f(); out(r)",
    # A call site is an object of Deno's own realm (2.9), so nobody is given one.
    "let r; Error.prepareStackTrace = (e, sites) => { r = sites[0] }; new Error().stack; out(r ?? {})",
    "let r; try { Object.defineProperty(Error, 'prepareStackTrace', {value(e, sites) { r = sites[0] }}) } catch (e)"
    " { r = e } out(r)",
    "let r; Error = {prepareStackTrace(e, sites) { r = sites[0] }}; try { null.x } catch (e) { e.stack } out(r ?? {})",
    "let r; delete globalThis.Error; var Error = {prepareStackTrace(e, sites) { r = sites[0] }};"
    " try { null.x } catch (e) { e.stack } out(r ?? {})",
    "let r; globalThis.__proto__ = {Error: {prepareStackTrace(e, sites) { r = sites[0] }}}; try { null.x } catch"
    " (e) { e.stack } out(r ?? {})",
    "let r; const o = {}; TypeError.prepareStackTrace = Object.prototype.prepareStackTrace = (e, sites) => { r ="
    " sites[0] };"
    " Error.captureStackTrace(o); o.stack; new TypeError().stack; out(r ?? {})",
    "return await new Promise(done => setTimeout(function () { done(out(this)) }, 1))",
    "return await new Promise(done => setTimeout((...a) => done(a.length ? 'given' : out(done)), 1))",
    "return await new Promise(done => setTimeout(function f() { done(f.caller === null ? out(f) : 'caller') }, 1))",
    "let r = []; Function.prototype.call = Function.prototype.apply = Reflect.apply = function (...a) {"
    " r.push(this, ...a) };"
    " console.log(1); setTimeout(() => {}, 1); r.length ? r.map(out).join() : out({})",
    "let r = []; Array.prototype.push = Array.prototype.map = Array.prototype[Symbol.iterator] = function (...a) {"
    " r[r.length] = this };"
    " console.log({a: [1]}); setTimeout(() => {}, 1, 2); r.length ? r[0] : out({})",
    "let r = []; Object.defineProperty(Object.prototype, 'then', {get() { r[r.length] = this; return undefined },"
    " configurable: true});"
    " await 1; delete Object.prototype.then; const s = []; for (const o of r) s[s.length] = out(o); return s.find(x"
    " => !/^undef/.test(x)) ?? out({})",
    "let r; Promise.prototype.then = function (...a) { r = a; }; console.log(1); r ? out(r[0]) : out({})",
    "let r; Object.defineProperty(Array.prototype, 0, {set(v) { r = v }, configurable: true}); console.log(1, {});"
    " setTimeout(() => {}, 1, 2);"
    " delete Array.prototype[0]; typeof r === 'function' ? out(r) : out({})",
    "let r; JSON.stringify = (...a) => { r = a }; console.log({}); r ? 'called' : out({})",
    "let r; String.prototype.slice = function (...a) { r = this }; console.log({}); r === undefined ? out({}) :"
    " 'called'",
    "let r; class Own extends Promise { constructor(f) { super((...a) => { r = a; f(...a) }) } } await"
    " Own.resolve(1); return out(r[0])",
    "const p = Promise.resolve(1); let r; Object.defineProperty(p, 'constructor', {get() { r = this; return Promise"
    " }}); await p; return out(r)",
    "out(new SharedArrayBuffer(8))",
    "out((function () { return arguments })())",
    "out(Object.getPrototypeOf(async function* () {}))",
    "out(Object.getPrototypeOf(async () => {}))",
    "out(Iterator.from([]))",
    "out(Intl.DateTimeFormat()) ",
    "out(new Proxy(function () {}, {}))",
    "out(Symbol.for('nodejs.util.inspect.custom'))",
    "let r; const o = {[Symbol.for('nodejs.util.inspect.custom')](...a) { r = a },"
    " [Symbol.for('Deno.customInspect')](...a) { r = a }};"
    " console.log(o); r ? out(r[2]) : out({})",
    # The body of an async function, and what the console and the writing of the result call back.
    "return out(arguments)",
    "return out(arguments.callee)",
    "return out(await (async () => { try { return arguments.callee.caller ?? {} } catch (e) { return e } })())",
    "return out(this)",
    "return out(new.target ?? {})",
    "Object.values(console).map(out).find(each => !/^undef/.test(each)) ?? out({})",
    "let r = []; const o = {get a() { r[r.length] = this; return 1 }, toJSON(...a) { r[r.length] = a; return this }"
    " }; console.table([o]); console.dir(o); console.log('%o %O %s %d', o, o, o, o); out(r[0])",
    "let r = []; function f() { r[r.length] = f.caller }; const o = Object.defineProperty({toString: f, toJSON: f},"
    " 'a', {get: f, enumerable: true}); console.log('%s', o, o); console.table([o]); console.assert(false, o);"
    " r.some(each => each) ? 'caller' : out({})",
    "let r; const f = () => { try { console.table([[1]]); console.time(); console.timeEnd(); f() } catch (e) { r ??="
    " e } }; f(); out(r)",
    "let r; const f = () => { try { console.log(new Error('x')); console.trace(); f() } catch (e) { r ??= e } }; f();"
    " out(r)",
    "let r = []; for (const of of [Map, Set]) of.prototype.forEach = function (...a) { r[r.length] = a };"
    " console.log(new Map([[1, 2]]), new Set([1])); console.table(new Map()); r.length ? 'called' : out({})",
    "let r = []; for (let i = 0; i < 9; i++)"
    " Object.defineProperty(Object.prototype, i, {set(v) { r[r.length] = this }});"
    " r = {__proto__: null, length: 0}; console.table([{a: 1}]); console.log([{}]); r.length ? 'called' : out({})",
]


@pytest.mark.parametrize("code", ROADS)
def test_no_road_leads_out_of_the_realm(code: str) -> None:
    outcome = run(OUT + code)
    assert outcome.error is None, outcome.error
    assert outcome.result.decode() == HOME


def test_nothing_that_can_be_reached_belongs_to_another_realm() -> None:
    outcome = run(
        """const roots = [Object.prototype, null], seen = new Set(), foreign = [], queue = [["globalThis", globalThis]];
        Error.stackTraceLimit = 100; Error.prepareStackTrace = (e, frames) => frames;
        queue.push(["stack", new Error().stack], ["import", await import("x").catch(e => e)]);
        while (queue.length) {
          const [path, it] = queue.pop();
          if (it === null || typeof it !== "object" && typeof it !== "function" || seen.has(it)) continue;
          seen.add(it);
          let root = it; while (Object.getPrototypeOf(root)) root = Object.getPrototypeOf(root);
          if (root !== Object.prototype && Object.getPrototypeOf(it) !== null) foreign.push(path);
          if (typeof it === "function" && it !== Function.prototype && !(it instanceof Function)) foreign.push(path);
          queue.push([path + ".__proto__", Object.getPrototypeOf(it)]);
          for (const key of Reflect.ownKeys(it)) {
            const {value, get, set} = Object.getOwnPropertyDescriptor(it, key);
            for (const each of [value, get, set]) queue.push([path + "." + String(key), each]);
          }
        }
        return [foreign, seen.size > 500];"""
    )
    assert outcome.result == b"[[],true]", outcome


@pytest.mark.parametrize(
    "leave",
    [
        "globalThis.left = 'canary-5f1d3c9e'",
        "Object.prototype.left = 'canary-5f1d3c9e'",
        "Symbol.for('left').description + (globalThis[Symbol.for('left')] = 'canary-5f1d3c9e')",
        "(globalThis.localStorage ?? {}).left = 'canary-5f1d3c9e'",
        "(globalThis.caches ?? {open() {}}).open('left')",
    ],
)
def test_a_run_finds_nothing_of_the_one_before(leave: str) -> None:
    run(leave)
    found = run("[globalThis.left, ({}).left, globalThis[Symbol.for('left')], typeof localStorage, typeof caches]")
    assert found.result == b'[null,null,null,"undefined","undefined"]'


def test_the_only_names_are_the_languages_own_and_a_few_more() -> None:
    names = run(
        "Object.getOwnPropertyNames(globalThis).filter(name => !/^[A-Z]/.test(name)).sort().join(' ')"
    ).result.decode()
    assert names.strip('"').split() == sorted(
        [
            "clearInterval",
            "clearTimeout",
            "console",
            "decodeURI",
            "decodeURIComponent",
            "encodeURI",
            "encodeURIComponent",
            "escape",
            "eval",
            "globalThis",
            "isFinite",
            "isNaN",
            "parseFloat",
            "parseInt",
            "queueMicrotask",
            "setInterval",
            "setTimeout",
            "undefined",
            "unescape",
        ]
    )
