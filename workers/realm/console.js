// The console of console.spec.whatwg.org: what it says goes to the task's logs, with one of their five levels.
(log, now, places, draw, { show, inspect, attempt, cut, LONGEST }) => {
  const { apply } = Reflect;
  const { repeat } = String.prototype;
  const { round } = Math;
  const [string, wholeNumber, realNumber, TraceError] = [String, parseInt, parseFloat, Error];
  const NOTHING = { __proto__: null, length: 0 };
  const DEEPEST_GROUP = 20;

  let open = true;
  let groups = 0;
  const counts = { __proto__: null };
  const timers = { __proto__: null };

  // Once the logs are full, nothing is formatted: *write* may be slow, and may call code of the user's.
  const print = (level, write) => {
    if (!open) return;
    const text = write();
    open = log(level, groups ? indented(cut(text, LONGEST)) : text);
  };

  const indented = (text) => {
    const margin = apply(repeat, "  ", [groups < DEEPEST_GROUP ? groups : DEEPEST_GROUP]);
    let all = margin;
    for (let i = 0; i < text.length; i++) all += text[i] === "\n" ? `\n${margin}` : text[i];
    return all;
  };

  // What the standard calls a Formatter, and the spaces between what is left.
  const format = (given) => {
    const isTarget = given.length > 1 && typeof given[0] === "string";
    let next = isTarget ? 1 : 0;
    let text = "";
    const target = isTarget ? cut(given[0], LONGEST) : "";
    for (let i = 0; i < target.length; i++) {
      const known = target[i] === "%" ? convert[target[i + 1]] : undefined;
      if (known === undefined || (next === given.length && target[i + 1] !== "%")) text += target[i];
      else text += target[++i] === "%" ? "%" : known(given[next++]);
    }
    for (; next < given.length && text.length < LONGEST; next++) text += (next ? " " : "") + show(given[next]);
    return text;
  };

  const convert = {
    __proto__: null,
    s: (value) => attempt(() => string(value), undefined) ?? inspect(value),
    d: (value) => attempt(() => string(wholeNumber(value, 10)), "NaN"),
    i: (value) => attempt(() => string(wholeNumber(value, 10)), "NaN"),
    f: (value) => attempt(() => string(realNumber(value)), "NaN"),
    o: (value) => inspect(value),
    O: (value) => inspect(value),
    c: () => "",
    "%": () => "%",
  };

  const assert = (holds = false, ...given) => {
    if (holds) return;
    const isText = typeof given[0] === "string";
    if (isText) given[0] = `Assertion failed: ${given[0]}`;
    print("error", () => {
      const text = format(given);
      return isText ? text : `Assertion failed${text && " "}${text}`;
    });
  };

  const group = (...given) => {
    if (given.length) print("log", () => format(given));
    groups++;
  };

  const count = (label = "default") => {
    const name = string(label);
    counts[name] = (counts[name] ?? 0) + 1;
    print("info", () => `${name}: ${counts[name]}`);
  };

  const countReset = (label = "default") => {
    const name = string(label);
    if (counts[name] === undefined) print("warn", () => `There is no count for "${name}".`);
    else counts[name] = 0;
  };

  const time = (label = "default") => {
    const name = string(label);
    if (timers[name] !== undefined) print("warn", () => `There is a timer "${name}" already.`);
    else timers[name] = now();
  };

  const elapsed = (level, label, given) => {
    const name = string(label);
    const since = timers[name];
    if (since === undefined) return print("warn", () => `There is no timer "${name}".`);
    const text = `${name}: ${round((now() - since) * 100) / 100} ms`;
    print(level, () => (given.length ? `${text} ${format(given)}` : text));
  };

  const timeLog = (label = "default", ...given) => elapsed("log", label, given);

  const timeEnd = (label = "default") => {
    elapsed("info", label, NOTHING);
    timers[string(label)] = undefined;
  };

  const trace = (...given) => {
    const here = new TraceError();
    print("log", () => {
      const text = given.length ? `Trace: ${format(given)}` : "Trace";
      const stack = places(attempt(() => string(here.stack), ""));
      return stack ? `${text}\n${stack}` : text;
    });
  };

  const table = (data, columns) => print("log", () => attempt(() => draw(data, columns), undefined) ?? show(data));

  const logger =
    (level) =>
    (...given) =>
      print(level, () => format(given));

  const dir = (value) => print("log", () => inspect(value));
  const clear = () => void (groups = 0);
  const groupEnd = () => void (groups && groups--);
  const [debug, error, info, plain, warn] = [logger("debug"), logger("error"), logger("info"), logger("log"), logger("warn")];
  return {
    ...{ debug, error, info, log: plain, warn, assert, dir, dirxml: plain, table, trace, clear },
    ...{ group, groupCollapsed: group, groupEnd, count, countReset, time, timeLog, timeEnd },
  };
}
