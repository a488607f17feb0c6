// How a task's code is to be run: as a script, or as the body of an async function.
//
// V8's parser alone decides, by which form compiles. Code is a script unless it has an `await` or `return` of its own; then it
// is one expression, and its value is the result, or statements, and the result is what they `return`.
import vm from "node:vm";

// What stands around the code in each form. Code must fit both pairs: a closing bracket that fits one of them does not fit the
// other, so that no code ends its wrapper early, as `}); more(); (async () => {` would. The code keeps its columns, a line
// further down.
const SCRIPT = [["", ""]];
const BODY = [
  ["(async function () {\n", "\n})"],
  ["(function () { 0 ? async () => {\n", "\n} : 0 })"],
];
const EXPRESSION = [
  ["(async function () { return 0,\n", "\n})"],
  ["(async function () { do 0,\n", "\nwhile (0) })"],
];
const STATEMENT = [["(async function () { if (0)\n", "\n})"]];
const VALUE = [["(function () { return 0,\n", "\n})"]];
// A class's static block takes no `return`, and `await` not even as a name.
const NEITHER = [["(class { static {\n", "\n} })"]];
const MOST_TRIED = 64;
const AWAIT_IN_ANOTHER_FUNCTION = "await is only valid in async functions and the top level bodies of modules";
const LINE_END = /\r\n|[\n\r\u2028\u2029]/g;
// Takes back a `//# sourceURL=` in the code, for which V8 would ignore lineOffset: the last one counts, and an empty one
// counts as none.
const UNNAMED = "\n//# sourceURL=";

// {source, isBody}, or {refused: {message, line, column}} if the code is no JavaScript. The source of a body begins a line early.
export function understand(code) {
  // A `#!` is a comment only where nothing stands before it.
  const text = code.replace(/^(\ufeff?)#!/, "$1//");
  const noScript = refusal(SCRIPT, text);
  if (!noScript && !text.includes("await")) return { source: text, isBody: false };
  const hasItsOwn = !fits(NEITHER, text);
  if (!noScript && !(hasItsOwn && awaits(text))) return { source: text, isBody: false };
  if (isExpression(text, !noScript)) return { source: EXPRESSION[0].join(text) + UNNAMED, isBody: true };
  const noBody = refusal(BODY, text);
  if (!noBody && hasItsOwn) return { source: BODY[0].join(text) + UNNAMED, isBody: true };
  // The form that understands more of it tells more about it.
  const { message, at } = noBody?.at > noScript.at ? noBody : noScript;
  return { refused: { message, ...place(text, at) } };
}

// One that needs its `await`: `{"a": 1}` stays what it is in a script. Declarations look like expressions behind a comma
// (`class A {}`, and `let [a] = b`, where `let` is a name).
function isExpression(text, isScript) {
  return fits(EXPRESSION, text) && (isScript || !fits(VALUE, text)) && (fits(STATEMENT, text) || !fits(BODY, text));
}

// `await (f())` is a script, too: one that calls a function named await. It is meant as an operator where another operator may
// follow it in an async function, and nowhere else.
function awaits(text) {
  if (!fits(BODY, text)) return false;
  return text.matchAll(/\bawait\b/g).take(MOST_TRIED).some(({ index }) => {
    const changed = `${text.slice(0, index)}await void${text.slice(index + 5)}`;
    return !fits(SCRIPT, changed) && fits(BODY, changed);
  });
}

function fits(form, text) {
  return form.every(([before, after]) => !compile(before + text + after));
}

// Why code does not fit a form, and at which of its characters; undefined if it fits.
function refusal(form, text) {
  let first;
  for (const [before, after] of form) {
    const found = compile(before + text + after);
    if (!found) continue;
    const fault = inside(text, before, after, { message: found.message, at: found.at - before.length });
    if (!first || fault.at < first.at) first = fault;
  }
  return first && (misplacedAwait(form, text, first) ?? first);
}

// The fault without the wrapper's brackets, of which the code knows nothing.
function inside(text, before, after, { message, at }) {
  const end = text.length;
  // Where the code's own bracket closed the wrapper, V8 stumbles over what comes next.
  const isClosed = (until) => after.startsWith("\n}") && !compile(`${before}${text.slice(0, until)}\n${after.slice(2)}`);
  if (isClosed(at)) return { message: "Unexpected token '}'", at: closer(text, Math.min(at, end), isClosed) };
  if (at <= end) return { message, at };
  return { message: message.startsWith("Unexpected token") ? "Unexpected end of input" : message, at: end };
}

// The first bracket up to which the wrapper is closed; a later one may stand in a comment.
function closer(text, at, isClosed) {
  let found;
  let i = at;
  for (let tried = 0; i > 0 && tried < MOST_TRIED; tried++) {
    i = text.lastIndexOf("}", i - 1);
    if (i >= 0 && isClosed(i + 1)) found = i;
    else if (found !== undefined) break;
  }
  return found ?? at;
}

// In a function that is not async, V8 takes `await` for a name and misses something at it or after it. Another operator in
// its place would have done.
function misplacedAwait(form, text, { message, at }) {
  const word = text.startsWith("await", at) ? at : /\bawait\s+$/.exec(text.slice(0, at))?.index;
  if (word === undefined || message.includes("await")) return undefined;
  const changed = `${text.slice(0, word)}void ${text.slice(word + 5)}`;
  const goesOn = form.every(([before, after]) => !(compile(before + changed + after)?.at <= before.length + at));
  return goesOn ? { message: AWAIT_IN_ANOTHER_FUNCTION, at: word } : undefined;
}

// Why a source can't be compiled, and at which of its characters; undefined if it can.
function compile(source) {
  const frames = Error.stackTraceLimit;
  Error.stackTraceLimit = 0; // the event below then tells the place in the source
  try {
    new vm.Script(source, { filename: "task.js" });
    return undefined;
  } catch (reason) {
    let at = 0;
    const listen = (event) => {
      event.preventDefault();
      at = offset(source, event.lineno, event.colno);
    };
    addEventListener("error", listen, { capture: true, once: true });
    reportError(reason);
    return { message: reason.message, at };
  } finally {
    Error.stackTraceLimit = frames;
  }
}

function offset(source, line, column) {
  let start = 0;
  for (const end of source.matchAll(LINE_END)) {
    if (--line < 1) break;
    start = end.index + end[0].length;
  }
  return start + column - 1;
}

function place(text, at) {
  const lines = text.slice(0, at).split(LINE_END);
  return { line: lines.length, column: lines.at(-1).length + 1 };
}
