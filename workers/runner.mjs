// The fixed program inside the sandbox: evaluates one piece of code in a bare realm, and tells its parent in lines of JSON.
// stdin: {"code", "seconds"}. stdout: any number of {"kind": "log", "level", "text"}, then one of
// {"kind": "result", "value"} and {"kind": "error", "code", "name", "message", "stack"}.
//
// The user's code never becomes a module of this graph: `import … with {type: "text"}` needs no permission there (Deno 2.9).
// It runs in microtasks of its realm, so that no frame of ours lies under it, and only primitives and the realm's own
// callbacks cross the border.
import vm from "node:vm";
import { understand } from "./forms.mjs";
import console from "./realm/console.js" with { type: "text" };
import guard from "./realm/guard.js" with { type: "text" };
import inspect from "./realm/inspect.js" with { type: "text" };
import program from "./realm/program.js" with { type: "text" };
import result from "./realm/result.js" with { type: "text" };
import table from "./realm/table.js" with { type: "text" };

const { stdin, stdout, exit, unrefTimer } = Deno;
const KIB = 1024;
// The first and third as in workers/javascript.py: tests at the exact sizes fail where they differ.
const LOGS_HOLD = 64 * KIB;
const A_LINE_COSTS = 32;
const A_RESULT_HOLDS = 1024 * KIB;
const GRACE_MS = 5000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const CUT = "… the rest was cut off: logs hold 64 KiB";

const encoder = new TextEncoder();
let left = LOGS_HOLD;
let settled = false; // whether there is a result, which nothing but a rejection can change
let ended = false;

function main() {
  const { code, seconds } = JSON.parse(readAll());
  // Its parent ends it earlier; this ends an orphan on a system that lets it live.
  unrefTimer(setTimeout(() => exit(124), Math.min(seconds * 1000 + GRACE_MS, LONGEST_TIMER_MS)));
  const { source, isBody, refused } = understand(code);
  const realm = vm.createContext(vm.constants.DONT_CONTEXTIFY, { codeGeneration: { strings: true, wasm: false } });
  const { run, fail } = furnish(realm);
  addEventListener("unhandledrejection", (event) => (event.preventDefault(), fail(event.reason)));
  addEventListener("error", (event) => (event.preventDefault(), fail(event.error)));
  addEventListener("beforeunload", () =>
    error("never_settled", "NeverSettled", "Nothing is left to run, but the promise is still pending; resolve or reject it.", ""),
  );
  if (refused) error("thrown", "SyntaxError", refused.message, `    at task.js:${refused.line}:${refused.column}`);
  else run(isBody ? vm.runInContext(source, realm, { filename: "task.js", lineOffset: -1 }) : source);
}

// Each of these texts is a function, compiled inside the realm. They capture the built-ins that they need, since the user's code
// may replace any of them later. Array iterators too: functions called after the user's code started must not spread or
// destructure arrays. They must never pass an argument or an error of this realm to the user's code: each leads back to here.
function furnish(realm) {
  const part = (text, name) => vm.runInContext(`"use strict"; ${text}`, realm, { filename: `aerie:${name}` });
  const guarded = part(guard, "guard");
  const placesOf = guarded(places);
  const inspector = part(inspect, "inspect")(placesOf, LOGS_HOLD);
  const { draw } = part(table, "table")(inspector);
  const its = part(console, "console")(guarded(log), guarded(() => performance.now()), placesOf, draw, inspector);
  const { write } = part(result, "result")(inspector, A_RESULT_HOLDS);
  return part(program, "program")(...[settle, error, arm, disarm].map(guarded), inspector, write, its);
}

function readAll() {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * KIB);
  let text = "";
  for (let count; (count = stdin.readSync(buffer)) !== null; ) text += decoder.decode(buffer.subarray(0, count), { stream: true });
  return text + decoder.decode();
}

// --- What the realm may ask for: called from inside, with primitives and callbacks --------------------------------

// Whether more is wanted.
function log(level, text) {
  if (left < 0) return false;
  const { read, written } = encoder.encodeInto(text, new Uint8Array(Math.max(left - A_LINE_COSTS, 0)));
  const fits = read === text.length && left >= A_LINE_COSTS;
  left = fits ? left - A_LINE_COSTS - written : -1;
  if (fits || read > 0) tell({ kind: "log", level, text: text.slice(0, read).toWellFormed() });
  if (!fits) tell({ kind: "log", level: "warn", text: CUT });
  return fits;
}

// Answers two turns of the event loop later: an unhandled rejection, which fails the task, is reported at the end of this turn or
// of the next, after that one's timers. The code's own timers are cancelled.
function settle(json) {
  for (const id of timers.keys()) disarm(id);
  settled = true;
  setTimeout(() => setTimeout(answer, 0, json), 0);
}

function answer(json) {
  if (json.length > A_RESULT_HOLDS || encoder.encode(json).length > A_RESULT_HOLDS) {
    error("result_too_large", "ResultTooLarge", "", "");
  } else {
    end(`{"kind":"result","value":${json.replace(/\\\\|(\\ud[89ab]..\\ud[c-f]..)|\\ud[89a-f]../gi, wellFormed)}}`);
  }
}

// What becomes of `\\`, of a pair of surrogates and of a lone one, which no other language takes.
function wellFormed(escape, pair) {
  return escape === "\\\\" ? escape : (pair ?? "\ufffd");
}

function error(code, name, message, stack) {
  end(JSON.stringify({ kind: "error", code, name: short(name, 200), message: short(message, 2000), stack: short(places(stack), 4000) }));
}

// The user's own frames.
function places(stack) {
  const found = [];
  for (const line of stack.split("\n")) {
    const frame = /^ +at (.*?\(?)task\.js(?:, <anonymous>)?:(\d+):(\d+)\)?$/.exec(line);
    if (!frame) continue;
    const place = `task.js:${frame[2]}:${frame[3]}`;
    const of = frame[1].replace(/^eval \($/, "");
    found.push(`    at ${of}${place}${of.endsWith("(") ? ")" : ""}`);
  }
  return found.join("\n");
}

function short(text, most) {
  return (text.length > most ? `${text.slice(0, most - 1)}…` : text).toWellFormed();
}

const timers = new Map();
let timersMade = 0;

function arm(fire, ms, repeats) {
  const id = ++timersMade;
  if (settled) return id;
  const once = () => (timers.delete(id), fire());
  timers.set(id, repeats ? setInterval(fire, ms) : setTimeout(once, ms));
  return id;
}

function disarm(id) {
  clearTimeout(timers.get(id));
  timers.delete(id);
}

// --- What the parent is told --------------------------------------------------------------------------------------

function end(line) {
  if (ended) return;
  ended = true;
  write(line);
  exit(0);
}

function tell(message) {
  if (!ended) write(JSON.stringify(message));
}

function write(line) {
  const bytes = encoder.encode(`${line}\n`);
  for (let sent = 0; sent < bytes.length; ) sent += stdout.writeSync(bytes.subarray(sent));
}

main();
