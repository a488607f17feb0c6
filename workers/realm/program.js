// Runs the code and says how it ended; gives the realm what it has beside the language, and takes from it what it must not have.
(settle, error, arm, disarm, { show, attempt, cut }, write, console) => {
  const evaluate = eval;
  const { apply, defineProperty } = Reflect;
  const { isError } = Error;
  const { startsWith, endsWith } = String.prototype;
  const [string, number, NotAFunction] = [String, Number, TypeError];

  // A script, by its source; the body of an async function, as that function.
  const run = async (program) => {
    await undefined;
    let isWriting = false;
    try {
      const isScript = typeof program === "string";
      const value = await (isScript ? evaluate(`${program}\n//# sourceURL=task.js`) : apply(program, undefined, []));
      isWriting = true;
      const { json, code, message } = write(value);
      if (json !== undefined) settle(json);
      else error(code, "NotJSON", message, "");
    } catch (thrown) {
      explain(thrown, isWriting);
    }
  };

  const fail = async (thrown) => {
    await undefined;
    explain(thrown, false);
  };

  const explain = (thrown, isWriting) => {
    const isWrittenOff = isWriting ? " (thrown while the result was written as JSON)" : "";
    if (!isError(thrown)) return error("thrown", "Thrown", cut(show(thrown), 1900) + isWrittenOff, part(() => thrown.stack, 65536));
    const message = part(() => thrown.message, 4000);
    let code = "thrown";
    if (begins(message, "Array buffer allocation failed") || ends(message, ": Out of memory")) code = "out_of_memory";
    if (isWriting && begins(message, "Invalid string length")) code = "result_too_large";
    error(code, part(() => thrown.name, 1000, "Error"), message, part(() => thrown.stack, 65536));
  };

  const part = (read, most, otherwise = "") => attempt(() => cut(string(read()), most), otherwise);
  const begins = (text, beginning) => apply(startsWith, text, [beginning]);
  const ends = (text, ending) => apply(endsWith, text, [ending]);

  const later = (callback, given) => {
    if (typeof callback !== "function") throw new NotAFunction("The callback must be a function");
    return async () => {
      await undefined;
      try {
        apply(callback, undefined, given);
      } catch (thrown) {
        explain(thrown, false);
      }
    };
  };

  const define = (name, value) => defineProperty(globalThis, name, { __proto__: null, value, writable: true, configurable: true });
  define("setTimeout", (callback, ms, ...given) => arm(later(callback, given), number(ms) || 0, false));
  define("setInterval", (callback, ms, ...given) => arm(later(callback, given), number(ms) || 0, true));
  define("clearTimeout", (id) => void disarm(number(id) || 0));
  define("clearInterval", (id) => void disarm(number(id) || 0));
  define("queueMicrotask", (callback) => void later(callback, [])());
  define("console", console);
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
