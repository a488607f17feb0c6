"""Code that is no JavaScript never starts, and its fault is named with a place that the code has."""

import pytest

from tests.workers.in_sandbox import failure
from workers.javascript import Failure


@pytest.mark.parametrize(
    ("code", "message", "place"),
    [
        ("const a = ;", "Unexpected token ';'", "1:11"),
        ("\n\n  @", "Invalid or unexpected token", "3:3"),
        ("let a; let a", "Identifier 'a' has already been declared", "1:12"),
        ('{"a": 1}', "Unexpected token ':'", "1:5"),
        ("await 1; const a = ;", "Unexpected token ';'", "1:20"),
        ("return 1;\n)", "Unexpected token ')'", "2:1"),
        ("}); evil(); (async () => {", "Unexpected token '}'", "1:1"),
        ("await 1 }); evil(); (async () => { await 2", "Unexpected token '}'", "1:9"),
        ("return 1 }, evil(), async () => {", "Unexpected token '}'", "1:10"),
        ("if (1) { } } return 3", "Unexpected token '}'", "1:12"),
        ("return /* } */ 1 } /* } */ )", "Unexpected token '}'", "1:18"),
        ("return 1 } // }", "Unexpected token '}'", "1:10"),
        ("await f(", "Unexpected end of input", "1:9"),
        ("for (const a of [1]) {\n  return a", "Unexpected end of input", "2:11"),
        ("return `abc", "Unexpected end of input", "1:12"),
        ("await a; const b = {c: 1", "Unexpected end of input", "1:25"),
        ("await a\u2028  )", "Unexpected token ')'", "2:3"),
        ("#! a shebang\r\nreturn )", "Unexpected token ')'", "2:8"),
        ("return 1; import x from 'y'", "Cannot use import statement outside a module", "1:11"),
        (
            "async function f(a = await 1) {} return 1",
            "Illegal await-expression in formal parameters of async function",
            "1:22",
        ),
        ("using a = null; 5", "Unexpected identifier 'a'", "1:7"),
        ("await 1), evil(), (2", "Unexpected token ')'", "1:8"),
        ("import x from 'node:fs'", "Cannot use import statement outside a module", "1:1"),
        ("export default 1", "Unexpected token 'export'", "1:1"),
        ("import.meta.url", "Cannot use 'import.meta' outside a module", "1:8"),
    ],
)
def test_code_that_is_none_never_starts_and_is_told_its_place(code: str, message: str, place: str) -> None:
    assert failure(code) == Failure("thrown", "SyntaxError", message, f"    at task.js:{place}")


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("[1].map(x => await x)", "1:14"),
        ("function f() { await g() } f()", "1:16"),
        ("await 1;\n[1].map(x => await f(x))", "2:14"),
        ("const f = () => { return [await g()] }; await f()", "1:27"),
        ("const f = () => g(1, await h(), 2); return f()", "1:22"),
        ("class A { m() { const a = `${await b}` } } return 1", "1:30"),
    ],
)
def test_an_await_in_a_function_that_is_not_async_is_named_with_its_place(code: str, place: str) -> None:
    error = failure(code)
    assert (error.name, error.stack) == ("SyntaxError", f"    at task.js:{place}")
    assert error.message == "await is only valid in async functions and the top level bodies of modules"
