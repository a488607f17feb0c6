"""Random JavaScript programs of statements of every kind, and what each has to be equal to."""

from random import Random
from typing import NamedTuple

# In each, `§` stands for a number that no other statement of its program has.
PLAIN = [
    "var v§ = §", "let v§ = {a: §}", "const [v§, w§] = [§, 2]", "const {a: v§ = §} = {}", "let [v§] = [§]",
    "function f§(n = §) { return n }\nf§()", "async function f§() { await §; for await (const x of [1]) { return x } }",
    "function* g§() { yield § }\nout.push(...g§())", "async function* g§() { yield await § }",
    "class C§ { static x = §; #p = 1; async m() { return await this.#p } get [`k${§}`]() { return 1 } }",
    "class D§ extends Array { static { this.y = § } }", "if (out.length) { out.push(§) } else out.push(-§)",
    "for (let i = 0; i < 3; i++) out.push(i + §)", "for (const k in {a: 1, b: 2}) out.push(k + §)",
    "for (const x of [1, 2]) { if (x == 2) continue; out.push(x * §) }", "do out.push(§); while (0)",
    "let i§ = 0; while (i§ < 2) i§++; out.push(i§)", "var j§ = 0; do { j§++ } while (j§ < §)",
    "switch (§ % 3) { case 0: out.push('zero'); break; default: out.push('more') }",
    "try { null.x } catch { out.push(§) } finally { out.push('f') }", "try { throw § } catch (e) { out.push(e) }",
    "label§: for (;;) { for (;;) break label§ }", "{ let v = §; out.push(v) }", "{}", "", "debugger", "out.push(§)",
    "(() => { out.push(§) })()", "(async () => { await §; return 1 })()", "void (async () => await (§))()",
    "out.push(`a${`b${§}`}return await`)", "out.push('await §; return §')", "/* await § */ // return §\n",
    "out.push(/return [(]await/.test('return (await') && §)", "({await: §, return: 1}).await", "!function () {}()",
    "out.push([1, 2].map(n => { return n * § }))", "[(function () { return § })(), 1]", "out = [...out, §]",
    "({a: § })", "new Date(§)", "typeof nothing§", "delete out[99], out.push(§)", "var async§ = §, async = §, of = §",
    "out.push(((a, b) => a + b)(1, §))", "`\n${§}\n`", "out\n  .push(§)", "if (1) ; else out.push(§)", "[] = [§]",
    "async () => { await (§) }", "({async await() { await (§) }})", "out.push(1)\nout.push(2)", "x => ({await: x})",
]  # fmt: skip
# Only where no "use strict" stands.
SLOPPY = [
    "with ({v: §}) out.push(v)", "out.push(08 + §)", "a§ = § / 2 / 1", "var let§ = §, let = 1", "<!-- await §\n",
    "var yield = §", "await§: for (;;) break await§", "if (1) function h§() { return § }",
    "out.push(this === globalThis)",
]  # fmt: skip
AWAITING = [
    "await §", "await (§)", "await [§][0]", "await -§", "await +§", "await `t§`", "await /x§/", "await\n§",
    "await (async () => §)()", "out.push(await §, (await (§)))", "const v§ = await (§)", "let [v§] = await [§]",
    "const {a: v§} = await {a: §}", "for (const x of await [§]) out.push(x)", "do await §; while (0)", "{ await § }",
    "for await (const x of [1, §]) out.push(x)", "if (await §) out.push(await (§))", "while (await 0) ;",
    "out.push(`${await §}`)", "({a: await §})", "class E§ extends (await Object) {}", "using u§ = await null",
    "try { await Promise.reject(§) } catch (e) { out.push(e) }", "await Promise.all([1, §].map(async n => await n))",
    "switch (await §) { case await §: out.push(1) }", "var v§ = out.length ? await § : await (1)",
]  # fmt: skip
RETURNING = [
    "if (out.length > 99) return §", "for (const x of []) return x", "if (0) { return }",
    "if (0) return; else out.push(§)", "try { } finally { if (0) return § }",
    "{ if (!out) return await § }", "switch (0) { case 1: return § }",
]  # fmt: skip
FAULTY = ["null.x§", "throw new RangeError('§')", "nothing§()", "(() => { null.y§ })()", "const c§ = 1; c§ = 2"]
VALUES = [
    "out", "[out, §]", "out.length + §", "({out})", "`${out}`", "(out, §)", "out.map(x => { return x })", "typeof out",
    "out ? {a: §} : 0", "new Array(§).length", "((a) => a)(out)", "(async () => await (out))()", "/a/.source", "-§",
]  # fmt: skip
AWAITED = ["await out", "[await §, out]", "(await (out)).length", "await (out)", "await [out]", "-await -§"]
LONE = [
    "await §",
    "await (§)",
    "[await §]",
    "`${await §}`",
    "{a: await §}",
    "{a: await §, b: 2}",
    "(await §, await (2))",
]
BEGINNINGS = ["", "", "", "#!/usr/bin/env -S deno run\n", "// await it\n", "\n", "/* return */ ", "'use strict';\n"]
ENDINGS = ["", ";", " // done", "\n", " /* } */ ;\r\n", " //# sourceURL=other.js"]


class Program(NamedTuple):
    """A program as it is sent, and a text that comes to the same as the body of an async function."""

    code: str
    body: str


def program(random: Random) -> Program:
    """Make one that does something and ends in a value, or is one expression with `await`."""
    beginning, ending = random.choice(BEGINNINGS), random.choice(ENDINGS)
    if random.random() < 0.1 and "strict" not in beginning:
        value = random.choice(LONE).replace("§", "7")
        return Program(beginning + value + ending, f"return (\n{value}\n)")
    statements, has_its_own = _statements(random, is_strict="strict" in beginning)
    returns, awaits = random.random() < 0.4, random.random() < 0.3
    value = random.choice(AWAITED if awaits else VALUES).replace("§", "7")
    before = beginning + "".join(each + random.choice(["; ", ";\n", ";\r\n"]) for each in statements)
    sent = before + ("return " if returns else "") + value + ending
    if returns or awaits or has_its_own:
        return Program(sent, _commented(sent))
    return Program(sent, _commented(f"{before}return {value}{ending}"))


def broken(random: Random) -> str:
    """Make one in which something is missing, or too much."""
    code = program(random).code
    at = random.randrange(len(code) + 1)
    instead: str = random.choice(["", *"(){}[];`'/,=.", "await ", "return "])
    return code[:at] + instead + code[at + random.randrange(4) :]


def _statements(random: Random, *, is_strict: bool) -> tuple[list[str], bool]:
    """Up to three, and whether one of them has an `await` or `return` of its own."""
    kinds = [PLAIN, PLAIN, PLAIN, AWAITING, RETURNING, FAULTY] + ([] if is_strict else [SLOPPY])
    chosen = [random.choice(kinds) for _ in range(random.randrange(4))]
    made = [random.choice(kind).replace("§", str(number + 3)) for number, kind in enumerate(chosen)]
    return ["var out = []", *made], AWAITING in chosen or RETURNING in chosen


def _commented(code: str) -> str:
    """The same where a `#!` would be none."""
    return f"//{code[2:]}" if code.startswith("#!") else code
