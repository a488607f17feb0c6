"""Nothing of the machine can be had from inside the sandbox."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.processes import wait_until
from tests.workers.in_sandbox import run
from workers import sandbox

SECRET = "canary-5f1d3c9e"
CHECKOUT = Path(__file__).parents[2]


class Bait:
    """Places to which an escape would lead: each tells whether somebody was there."""

    def __init__(self, folder: Path, other: int) -> None:
        self.other = other
        self.file = folder / "secret.txt"
        self.json = folder / "secret.json"
        self.module = folder / "secret.mjs"
        self.here = CHECKOUT / "workers" / f"secret-{os.getpid()}.txt"
        self.marker = folder / "marker"
        self.file.write_text(SECRET)
        self.json.write_text(f'"{SECRET}"')
        self.module.write_text(f"export default '{SECRET}'; throw new Error('{SECRET}')")
        self.here.write_text(SECRET)
        self.visits = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._count)
        self._thread.start()

    def put(self, code: str) -> str:
        """The code with the names of the places in it."""
        places = {"FILE": self.file, "DATA": self.json, "MODULE": self.module, "HERE": self.here.name}
        places |= {"MARKER": self.marker, "PORT": self.port, "PARENT": os.getpid(), "OTHER": self.other}
        for name, place in places.items():
            code = code.replace(f"@{name}", str(place))
        return code

    def remove(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        self.here.unlink()

    def _count(self) -> None:
        while True:
            try:
                self._listener.accept()[0].close()
            except OSError:
                return
            self.visits += 1


@pytest.fixture(scope="module")
def other() -> Iterator[int]:
    """The process of another task, which runs meanwhile, knows the secret and is there at the end."""
    code = f"globalThis.secret = '{SECRET}'; new Promise(done => setTimeout(done, 1e9))"
    with sandbox.started(code, seconds=3600, memory_mb=64) as process:
        yield process.pid
        assert process.poll() is None


@pytest.fixture
def bait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: int) -> Iterator[Bait]:
    monkeypatch.setenv("AERIE_SECRET", SECRET)
    bait = Bait(tmp_path, other)
    yield bait
    bait.remove()


# Each is tried as it stands. It gives what it got hold of, or throws.
ESCAPES = [
    # Imports that stand still: no module is ever made of the code.
    'import x from "@FILE" with {type: "text"}; x',
    'import x from "@FILE" with {type: "bytes"}; x',
    'import x from "@DATA" with {type: "json"}; x',
    'import x from "file://@FILE" with {"type": "text"}; console.log(x)',
    'import x from "./@HERE" with {type: "text"}; x',
    'import x from "@FILE" assert {type: "text"}; x',
    'import x from "/proc/self/environ" with {type: "text"}; x',
    'import x from "/proc/self/cmdline" with {type: "text"}; x',
    'import x from "/proc/@OTHER/fd/0" with {type: "text"}; x',
    'import * as x from "@MODULE"; x.default',
    'import "@MODULE"',
    'import text x from "@FILE"; x',
    'import source x from "@MODULE"; x',
    'import defer * as x from "@MODULE"; x.default',
    'export * from "@MODULE"',
    'export {default} from "@FILE" with {type: "text"}',
    'import fs from "node:fs"; fs.readFileSync("@FILE", "utf8")',
    'import x from "https://127.0.0.1:@PORT/x.js"; x',
    'import x from "http://127.0.0.1:@PORT/x.js"; x',
    'import x from "npm:left-pad"; x',
    'import x from "jsr:@std/path"; x',
    'import x from "data:text/javascript,export default Deno.env.toObject()"; x',
    '/* @jsxImportSource http://127.0.0.1:@PORT */ /// <reference path="@FILE" />\n//# sourceMappingURL=http://127.0.0.1:@PORT/x',
    '});\nimport x from "@FILE" with {type: "text"}; (async () => { x',
    # And those that move.
    'await import("@FILE", {with: {type: "text"}})',
    'await import("@FILE", {with: {type: "bytes"}})',
    'await import("@DATA", {with: {type: "json"}})',
    'await import("file://@FILE", {assert: {type: "text"}})',
    'await import("./@HERE", {with: {type: "text"}})',
    'await import("./runner.mjs")',
    'await import("/proc/self/environ", {with: {type: "text"}})',
    'await import("/proc/@PARENT/environ", {with: {type: "bytes"}})',
    'await import("/proc/@OTHER/fd/0", {with: {type: "text"}})',
    'await import("/proc/@OTHER/mem", {with: {type: "bytes"}})',
    'await import("@MODULE")',
    'await import("node:fs")',
    'await import("fs")',
    'await import("ext:core/mod.js")',
    'await import("npm:left-pad")',
    'await import("jsr:@std/path")',
    'await import("http://127.0.0.1:@PORT/x.js")',
    'await import("https://127.0.0.1:@PORT/x.js")',
    'await import("data:text/javascript,export default Deno.env.toObject()")',
    'await import("data:application/json,1", {with: {type: "json"}})',
    'await import("blob:null/1")',
    'await import.source("@MODULE")',
    'await import.defer("@MODULE")',
    'await eval(`import("@FILE", {with: {type: "text"}})`)',
    'await Function(`return import("@FILE", {with: {type: "text"}})`)()',
    'await (async () => {}).constructor(`return import("@FILE", {with: {type: "text"}})`)()',
    'await new Promise(done => setTimeout(() => done(import("@FILE", {with: {type: "text"}})), 1))',
    'await import({toString() { return "@FILE" }}, {get with() { return {type: "text"} }})',
    "import.meta.url",
    'import.meta.resolve("@FILE")',
    'eval("import.meta")',
    # What other realms have.
    'Deno.readTextFileSync("@FILE")',
    "Deno.env.toObject()",
    'new Deno.Command("touch", {args: ["@MARKER"]}).outputSync()',
    'Deno.dlopen("libc.so.6", {system: {parameters: ["buffer"], result: "i32"}})',
    'Deno.connect({hostname: "127.0.0.1", port: @PORT})',
    'Deno[Deno.internal].core.ops.op_read_file_text_sync("@FILE")',
    "Deno.readTextFileSync('/proc/self/environ')",
    "process.env",
    "process.binding('fs')",
    'process.getBuiltinModule("fs").readFileSync("@FILE", "utf8")',
    'process.dlopen({exports: {}}, "libc.so.6")',
    'require("fs").readFileSync("@FILE", "utf8")',
    'require("child_process").execSync("touch @MARKER")',
    "module.constructor._load('fs')",
    "global.process.mainModule",
    'await fetch("http://127.0.0.1:@PORT")',
    'await fetch("file://@FILE").then(r => r.text())',
    'new WebSocket("ws://127.0.0.1:@PORT")',
    'new EventSource("http://127.0.0.1:@PORT")',
    'new XMLHttpRequest().open("GET", "http://127.0.0.1:@PORT")',
    'navigator.sendBeacon("http://127.0.0.1:@PORT")',
    'new Worker("data:text/javascript,fetch(`http://127.0.0.1:@PORT`)", {type: "module"})',
    'new Worker(URL.createObjectURL(new Blob(["1"])), {type: "module"})',
    'importScripts("@FILE")',
    'new ShadowRealm().importValue("@MODULE", "default")',
    'load("@FILE")',
    'read("@FILE")',
    "%DebugPrint(1)",
    'd8.file.read("@FILE")',
    "new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))",
    "prompt('?') + confirm('?') + alert('!')",
    "caches.open('x')",
    'new BroadcastChannel("x")',
    "secret",
    "self.localStorage.getItem('x')",
    "window.location",
    "close()",
    'Temporal.Now.zonedDateTimeISO("../../@FILE")',
    'new Intl.DateTimeFormat("en", {timeZone: "../../..@FILE"}).format()',
]


@pytest.mark.parametrize("code", ESCAPES)
def test_no_escape_finds_a_thing(bait: Bait, code: str) -> None:
    outcome = run(bait.put(code))
    assert SECRET not in f"{outcome}"
    assert outcome.error is None or outcome.error.code in ("thrown", "not_json")
    assert outcome.result in (b"null", b'"undefined"')
    assert bait.visits == 0
    assert not bait.marker.exists()


@pytest.mark.parametrize(
    "attempt",
    [
        'Deno.readTextFileSync("@FILE")',
        'Deno.readTextFileSync("/proc/self/environ")',
        'Deno.writeTextFileSync("@MARKER", "")',
        'Deno.readDirSync("/").next()',
        "Deno.env.toObject()",
        'new Deno.Command("touch", {args: ["@MARKER"]}).outputSync()',
        'Deno.dlopen("libc.so.6", {})',
        'await Deno.connect({hostname: "127.0.0.1", port: @PORT})',
        'await fetch("http://127.0.0.1:@PORT")',
        'await fetch("file://@FILE")',
        'await import(String("@FILE"), {with: {type: "text"}})',
        'await import(String("@FILE"), {with: {type: "bytes"}})',
        'await import(String("@MODULE"))',
        'await import(String("http://127.0.0.1:@PORT/x.js"))',
        'await import(String("npm:left-pad"))',
        '(await import(String("node:fs"))).readFileSync("@FILE")',
        '(await import(String("node:child_process"))).execSync("touch @MARKER")',
        'await import(String("/proc/@OTHER/fd/0"), {with: {type: "text"}})',
        'Deno.readTextFileSync("/proc/@OTHER/fd/0")',
        'Deno.writeTextFileSync("/proc/@OTHER/mem", "")',
        'localStorage.setItem("x", "x")',
        'Deno.kill(@OTHER, "SIGKILL")',
        'Deno.kill(@PARENT, "SIGTERM")',
        'Function("return 1")()',
        'eval("1")',
    ],
)
def test_whoever_left_the_realm_would_find_that_deno_refuses(bait: Bait, attempt: str) -> None:
    # Deno reads what a module itself names without permission, so names are made while it runs.
    main = bait.file.with_name("main.mjs")
    main.write_text(bait.put(f"let r; try {{ r = [{attempt}] }} catch (e) {{ r = 'refused' }} console.log(r)"))
    command = [*sandbox.command(seconds=10, memory_mb=64)[:-1], str(main)]
    told = subprocess.run(command, capture_output=True, text=True, cwd="/", env=sandbox.ENVIRONMENT)
    assert told.stdout == "refused\n", told
    assert bait.visits == 0
    assert not bait.marker.exists()


@pytest.mark.parametrize(
    "attempt",
    [
        # V8 writes what this throws to stdout, where the parent listens.
        """const r = new FinalizationRegistry(() => { throw '\\n{"kind":"result","value":"forged"}\\n' });
        (() => { for (let i = 0; i < 300; i++) r.register({}) })();
        for (let i = 0; i < 60; i++) { new Array(1e5).fill(i); await new Promise(r => setTimeout(r, 1)) }
        return 'done'""",
        "await Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50).value",
    ],
)
def test_what_the_realm_lacks_is_an_error_of_the_code(attempt: str) -> None:
    outcome = run(attempt, seconds=20)
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.name in ("ReferenceError", "TypeError")) == ("thrown", True)


def test_the_bait_would_be_taken_where_it_could_be(bait: Bait) -> None:
    program = """import x from "@FILE" with {type: "text"};
    await Deno.connect({hostname: "127.0.0.1", port: @PORT});
    new Deno.Command("touch", {args: ["@MARKER"]}).outputSync();
    const other = JSON.parse(Deno.readTextFileSync("/proc/@OTHER/fd/0")).code.split("'")[1];
    console.log(x, Deno.env.get("AERIE_SECRET"), Deno.readTextFileSync("workers/@HERE"), other);"""
    main = bait.file.with_name("main.mjs")
    main.write_text(bait.put(program))
    told = subprocess.run([sandbox.deno(), "run", "-A", str(main)], capture_output=True, text=True, cwd=CHECKOUT)
    assert told.stdout.split() == [SECRET] * 4, told.stderr
    wait_until(lambda: bait.visits == 1, what="a visitor")
    assert bait.marker.exists()
