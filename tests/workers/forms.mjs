// What the sandbox makes of programs, and what V8 makes of texts as bodies of async functions: stdin and stdout are JSON.
// stdin: [{"code", "body", "isRun"}]. stdout: [[{"value"} or {"thrown", "place"}, the same of the body]].
import vm from "node:vm";
import { understand } from "../../workers/forms.mjs";

const asked = JSON.parse(await new Response(Deno.stdin.readable).text());
const answers = [];
let realm;
for (const { code, body, isRun } of asked) {
  if (isRun || !realm) realm = vm.createContext(vm.constants.DONT_CONTEXTIFY);
  answers.push([await asTask(code, isRun), await asBody(body, isRun)]);
}
console.log(JSON.stringify(answers));

function asTask(code, isRun) {
  const { source, isBody, refused } = understand(code);
  if (refused) return { thrown: `SyntaxError: ${refused.message}`, place: [refused.line, refused.column] };
  return outcome(isRun, () => {
    if (isBody) return vm.runInContext(source, realm, { filename: "task.js", lineOffset: -1 });
    return () => vm.runInContext("eval", realm)(`${source}\n//# sourceURL=task.js`);
  });
}

function asBody(text, isRun) {
  return outcome(isRun, () => {
    const AsyncFunction = vm.runInContext("(async () => {}).constructor", realm);
    return new AsyncFunction(`${text}\n//# sourceURL=body.js`);
  });
}

async function outcome(isRun, make) {
  try {
    const program = make();
    return { value: isRun ? ((await program()) ?? null) : null };
  } catch (thrown) {
    return { thrown: `${thrown}`, place: place(`${thrown.stack}`) };
  }
}

// V8 puts two lines of its own before a body.
function place(stack) {
  const [, file, line, column] = /(task|body)\.js(?:, <anonymous>)?:(\d+):(\d+)/.exec(stack) ?? [];
  return [line - (file === "body" ? 2 : 0), Number(column)];
}
