// The fixed program inside the sandbox: evaluates one piece of code in a bare realm, and tells its parent in lines of JSON.
// stdin: {"code", "seconds"}. stdout: any number of {"kind": "log", "level", "text"}, then one of
// {"kind": "result", "value"} and {"kind": "error", "code", "name", "message", "stack"}.
//
// The user's code never becomes a module of this graph: `import … with {type: "text"}` needs no permission there (Deno 2.9).
// It runs in microtasks of its realm, so that no frame of ours lies under it, and only primitives and the realm's own
// callbacks cross the border.
import vm from "node:vm";

const { stdin, stdout, exit, unrefTimer } = Deno;
const KIB = 1024;
const LOGS_HOLD = 64 * KIB;
const A_LINE_COSTS = 32;
const A_RESULT_HOLDS = 1024 * KIB;
const DEEPEST = 500;
const GRACE_MS = 5000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const CUT = "… the rest was cut off: logs hold 64 KiB";

const encoder = new TextEncoder();
let left = LOGS_HOLD;
let shift = 0; // by how many columns the code's first line is moved
let settled = false; // whether there is a result, which nothing but a rejection can change
let ended = false;

function main() {
  const { code, seconds } = JSON.parse(readAll());
  // Its parent ends it earlier; this ends an orphan on a system that lets it live.
  unrefTimer(setTimeout(() => exit(124), Math.min(seconds * 1000 + GRACE_MS, LONGEST_TIMER_MS)));
  const understood = understand(code);
  const realm = vm.createContext(vm.constants.DONT_CONTEXTIFY, { codeGeneration: { strings: true, wasm: false } });
  const { run, fail } = vm.runInContext(`(${prelude})`, realm, { filename: "prelude.js" })(log, settle, error, arm, disarm);
  addEventListener("unhandledrejection", (event) => (event.preventDefault(), fail(event.reason)));
  addEventListener("error", (event) => (event.preventDefault(), fail(event.error)));
  addEventListener("beforeunload", () =>
    error("never_settled", "NeverSettled", "Nothing is left to run, but the promise is still pending; resolve or reject it.", ""),
  );
  if (understood.refused) error("thrown", "SyntaxError", understood.message, understood.place);
  else run(understood.source);
}

function readAll() {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * KIB);
  let text = "";
  for (let count; (count = stdin.readSync(buffer)) !== null; ) text += decoder.decode(buffer.subarray(0, count), { stream: true });
  return text + decoder.decode();
}

// --- What to evaluate ---------------------------------------------------------------------------------------------

// A script's value is that of its last expression. Code that is a script only without its `await` or `return` is the
// body of an async function, whose value is that of its one expression or what it returns.
function understand(code) {
  const script = refusal(code);
  if (!script && !awaitsAsAName(code)) return { source: code };
  // Code that fits between two kinds of brackets closes neither of them, as `}); more(); (async () => {` would.
  const body = `(async () => { ${code}\n})()`;
  const expression = `(async () => { return 0, ${code}\n})()`;
  const isForAwait = !script || refusal(`(() => { return 0, ${code}\n})`);
  if (isForAwait && !refusal(expression) && !refusal(`(async () => { do 0, ${code}\nwhile (0) })`)) return moved(expression, code);
  const refused = refusal(body, body.indexOf(code)) ?? refusal(`async function task() { ${code}\n}`, "async function task() { ".length);
  if (isForAwait && !refused) return moved(body, code);
  if (!script) return { source: code };
  return refused && /^(await is only valid|Illegal return)/.test(script.message) ? refused : script;
}

function moved(source, code) {
  shift = source.indexOf(code);
  return { source };
}

// `await (f())` is a script, too: one that calls a function named await. A class's static block tells, where that is no name.
function awaitsAsAName(code) {
  return code.includes("await") && /await|reserved/.test(refusal(`class Task { static { ${code}\n} }`)?.message ?? "");
}

// Why a source can't be compiled, and where; undefined if it can.
function refusal(source, moved = 0) {
  const frames = Error.stackTraceLimit;
  Error.stackTraceLimit = 0; // the event below then tells the place in the source
  try {
    new vm.Script(source, { filename: "task.js" });
    return undefined;
  } catch (reason) {
    let place = "";
    const listen = (event) => {
      event.preventDefault();
      place = `    at task.js:${event.lineno}:${event.colno - (event.lineno === 1 ? moved : 0)}`;
    };
    addEventListener("error", listen, { capture: true, once: true });
    reportError(reason);
    return { refused: true, message: reason.message, place };
  } finally {
    Error.stackTraceLimit = frames;
  }
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

// In a turn of the loop of its own: a rejection that nobody handles is heard of at the end of this one or of the next, whose
// timers go first. The code's own never go any more.
function settle(json) {
  for (const id of timers.keys()) disarm(id);
  settled = true;
  setTimeout(() => setTimeout(answer, 0, json), 0);
}

function answer(json) {
  if (json.length > A_RESULT_HOLDS || encoder.encode(json).length > A_RESULT_HOLDS) {
    error("result_too_large", "ResultTooLarge", "", "");
  } else if (depth(json) > DEEPEST) {
    error("not_json", "NotJSON", `The result is nested deeper than ${DEEPEST} levels; give something flatter.`, "");
  } else {
    end(`{"kind":"result","value":${json.replace(/\\\\|(\\ud[89ab]..\\ud[c-f]..)|\\ud[89a-f]../gi, wellFormed)}}`);
  }
}

// What becomes of `\\`, of a pair of surrogates and of a lone one, which no other language takes.
function wellFormed(escape, pair) {
  return escape === "\\\\" ? escape : (pair ?? "\ufffd");
}

function depth(json) {
  let quoted = false;
  let now = 0;
  let deepest = 0;
  for (let i = 0; i < json.length; i++) {
    const c = json[i];
    if (c === "\\") i++;
    else if (c === '"') quoted = !quoted;
    else if (!quoted && (c === "[" || c === "{")) deepest = Math.max(deepest, ++now);
    else if (!quoted && (c === "]" || c === "}")) now--;
  }
  return deepest;
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
    const place = `task.js:${frame[2]}:${frame[2] === "1" ? frame[3] - shift : frame[3]}`;
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

// --- The realm's own part -----------------------------------------------------------------------------------------

// Its text is compiled inside the realm. It keeps what it needs, since the user's code may replace anything later,
// and never lets go of an argument or of an error of ours: each leads to our realm.
function prelude(log, settle, error, arm, disarm) {
  "use strict";
  const evaluate = eval;
  const { stringify } = JSON;
  const { apply, defineProperty } = Reflect;
  const { isError } = Error;
  const { slice, startsWith, endsWith } = String.prototype;
  const [string, number, NotAFunction, TooDeep] = [String, Number, TypeError, RangeError];

  const run = async (source) => {
    await undefined;
    let writing = false;
    try {
      const value = await evaluate(`${source}\n//# sourceURL=task.js`);
      writing = true;
      const json = value === undefined ? "null" : stringify(value);
      if (json !== undefined) asked(settle, json);
      else asked(error, "not_json", "NotJSON", `The result is ${kind(value)}, which JSON can't hold; give plain data.`, "");
    } catch (thrown) {
      explain(thrown, writing);
    }
  };

  const fail = async (thrown) => {
    await undefined;
    explain(thrown);
  };

  const explain = (thrown, writing = false) => {
    if (!isError(thrown)) return asked(error, "thrown", "Thrown", cut(show(thrown), 4000), "");
    const name = part(() => thrown.name, "Error", 1000);
    const message = part(() => thrown.message, "", 4000);
    const stack = part(() => thrown.stack, "", 65536);
    let code = "thrown";
    if (begins(message, "Array buffer allocation failed") || ends(message, ": Out of memory")) code = "out_of_memory";
    if (writing && begins(message, "Invalid string length")) code = "result_too_large";
    if (writing && unwritable(message)) asked(error, "not_json", "NotJSON", `The result can't be written as JSON: ${message}`, "");
    else asked(error, code, name, message, stack);
  };

  const unwritable = (message) =>
    begins(message, "Converting circular structure") ||
    begins(message, "Do not know how to serialize a BigInt") ||
    begins(message, "Maximum call stack size exceeded");

  // A host function, whose own errors (a stack that overflows inside it) stay outside.
  const asked = (ask, ...given) => {
    try {
      return apply(ask, undefined, given);
    } catch {
      throw new TooDeep("Maximum call stack size exceeded");
    }
  };

  const part = (read, otherwise, most) => {
    try {
      return cut(string(read()), most);
    } catch {
      return otherwise;
    }
  };

  const show = (value) => {
    try {
      if (typeof value === "string") return value;
      if (typeof value !== "object" || isError(value)) return typeof value === "bigint" ? `${value}n` : string(value);
      return stringify(value, (_, each) => (typeof each === "bigint" ? `${each}n` : each)) ?? string(value);
    } catch {
      return part(() => value, "(something that can't be shown)", 4000);
    }
  };

  const kind = (value) => (typeof value === "object" ? "an object without JSON" : `a ${typeof value}`);
  const cut = (text, most) => apply(slice, text, [0, most]);
  const begins = (text, beginning) => apply(startsWith, text, [beginning]);
  const ends = (text, ending) => apply(endsWith, text, [ending]);

  const define = (name, value) => defineProperty(globalThis, name, { __proto__: null, value, writable: true, configurable: true });
  const later = (callback, given) => {
    if (typeof callback !== "function") throw new NotAFunction("The callback must be a function");
    return async () => {
      await undefined;
      try {
        apply(callback, undefined, given);
      } catch (thrown) {
        explain(thrown);
      }
    };
  };
  define("setTimeout", (callback, ms, ...given) => asked(arm, later(callback, given), number(ms) || 0, false));
  define("setInterval", (callback, ms, ...given) => asked(arm, later(callback, given), number(ms) || 0, true));
  define("clearTimeout", (id) => void asked(disarm, number(id) || 0));
  define("clearInterval", (id) => void asked(disarm, number(id) || 0));
  define("queueMicrotask", (callback) => void later(callback, [])());

  let open = true;
  const print = (level, given) => {
    if (!open) return;
    let text = "";
    for (let i = 0; i < given.length; i++) text += (i ? " " : "") + show(given[i]);
    open = asked(log, level, text);
  };
  define("console", {
    log: (...given) => print("log", given),
    info: (...given) => print("info", given),
    warn: (...given) => print("warn", given),
    error: (...given) => print("error", given),
    debug: (...given) => print("debug", given),
  });
  delete globalThis.WebAssembly;
  // V8 writes what its callbacks throw to stdout, where our parent listens.
  delete globalThis.FinalizationRegistry;
  // Deno does not wait for it: the promise would never settle.
  delete Atomics.waitAsync;
  // Deno would hand call sites that belong to our realm to a function that it looks up here by name.
  defineProperty(Error, "prepareStackTrace", { __proto__: null, value: undefined });
  defineProperty(globalThis, "Error", { __proto__: null, value: Error, writable: false, configurable: false });

  return { run, fail };
}

main();
