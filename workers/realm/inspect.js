// How values look in logs: what JSON can hold as JSON, and the rest in a form like it. Never throws, even if the value's own code does.
(places, LOGS_HOLD) => {
  const { stringify } = JSON;
  const { apply, getOwnPropertyDescriptor: descriptor, getPrototypeOf: parent } = Reflect;
  const { is, keys } = Object;
  const { isPrototypeOf } = Object.prototype;
  const { isArray } = Array;
  const { isView } = ArrayBuffer;
  const { isError } = Error;
  const { slice, startsWith } = String.prototype;
  const { toStringTag } = Symbol;
  const { forEach: forEachEntry } = Map.prototype;
  const { forEach: forEachMember } = Set.prototype;
  const { toString: sourceOf } = Function.prototype;
  const { toString: textOf } = RegExp.prototype;
  const { getTime } = Date.prototype;
  const [string, dates] = [String, Date.prototype];
  const BOXES = [Number.prototype, String.prototype, Boolean.prototype, BigInt.prototype, Symbol.prototype];
  const UNBOX = [BOXES[0].valueOf, BOXES[1].valueOf, BOXES[2].valueOf, BOXES[3].valueOf, BOXES[4].valueOf];
  const [mapSize, setSize, regExpSource] = [
    descriptor(Map.prototype, "size").get,
    descriptor(Set.prototype, "size").get,
    descriptor(RegExp.prototype, "source").get,
  ];
  // One more than logs hold, so that it is seen that something was cut.
  const LONGEST = LOGS_HOLD + 1;
  const DEEPEST = 50;
  const NOTHING = { __proto__: null };
  const UNSHOWABLE = "(something that can't be shown)";

  // Text as it is, and anything else as it looks.
  const show = (value) => (typeof value === "string" ? cut(value, LONGEST) : inspect(value));

  const inspect = (value) => {
    const trail = { __proto__: null, depth: 0, room: LONGEST };
    return attempt(() => look(value, trail), UNSHOWABLE);
  };

  const look = (value, trail) => {
    const text = typeof value === "object" && value !== null ? lookInto(value, trail) : simple(value, trail.room);
    trail.room -= text.length;
    return text;
  };

  const simple = (value, room) => {
    if (typeof value === "string") return stringify(cut(value, room));
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value !== "function") return is(value, -0) ? "-0" : string(value);
    const name = ownText(value, "name");
    const kind = attempt(() => begins(apply(sourceOf, value, []), "class"), false) ? "class" : "Function";
    return name === "" ? `[${kind}]` : `[${kind}: ${name}]`;
  };

  const lookInto = (value, trail) => {
    for (let i = 0; i < trail.depth; i++) if (trail[i] === value) return "[Circular]";
    if (trail.depth === DEEPEST) return "[…]";
    trail[trail.depth++] = value;
    const text = attempt(() => contents(value, trail), UNSHOWABLE);
    trail.depth--;
    return text;
  };

  const contents = (value, trail) => {
    if (isError(value)) return error(value, trail);
    if (isInvalidDate(value)) return "Invalid Date";
    const { toJSON } = value;
    if (typeof toJSON === "function") {
      const given = attempt(() => ({ __proto__: null, json: apply(toJSON, value, [""]) }), undefined);
      if (given !== undefined && given.json !== value) return look(given.json, trail);
    }
    if (isArray(value)) return items(value, trail);
    if (isView(value) && typeof value.length === "number") return `${nameOf(value)}(${value.length}) ${items(value, trail)}`;
    return boxed(value, trail) ?? entries(value, trail) ?? members(value, trail) ?? pattern(value) ?? named(value, trail);
  };

  const isInvalidDate = (value) => inherits(value, dates) && attempt(() => is(apply(getTime, value, []), NaN), false);

  // An object such as `new Number(5)`.
  const boxed = (value, trail) => {
    for (let i = 0; i < BOXES.length; i++) {
      if (!inherits(value, BOXES[i])) continue;
      const text = attempt(() => simple(apply(UNBOX[i], value, []), trail.room), "");
      return text ? `[${nameOf(value)}: ${text}]` : undefined;
    }
    return undefined;
  };

  const items = (value, trail) => {
    let text = "";
    for (let i = 0; i < value.length && trail.room > 0; i++) {
      text += (i ? "," : "") + (i in value ? look(attempt(() => value[i], "[Throws]"), trail) : "empty");
      trail.room--;
    }
    return `[${text}]`;
  };

  const entries = (value, trail) => {
    const size = attempt(() => apply(mapSize, value, []), undefined);
    if (size === undefined) return undefined;
    let text = "";
    const add = (each, key) => {
      if (trail.room > 0) text += `${text && ","}${look(key, trail)} => ${look(each, trail)}`;
    };
    apply(forEachEntry, value, [add]);
    return `${nameOf(value)}(${size}) {${text}}`;
  };

  const members = (value, trail) => {
    const size = attempt(() => apply(setSize, value, []), undefined);
    if (size === undefined) return undefined;
    let text = "";
    const add = (each) => {
      if (trail.room > 0) text += `${text && ","}${look(each, trail)}`;
    };
    apply(forEachMember, value, [add]);
    return `${nameOf(value)}(${size}) {${text}}`;
  };

  const pattern = (value) =>
    attempt(() => (apply(regExpSource, value, []), cut(apply(textOf, value, []), LONGEST)), undefined);

  const named = (value, trail) => {
    const name = nameOf(value);
    return `${name && `${name} `}${properties(value, trail)}`;
  };

  const properties = (value, trail) => {
    const names = keys(value);
    let text = "";
    for (let i = 0; i < names.length && trail.room > 0; i++) {
      const shown = attempt(() => ({ __proto__: null, value: value[names[i]] }), undefined);
      text += `${text && ","}${stringify(names[i])}:${shown ? look(shown.value, trail) : "[Throws]"}`;
      trail.room -= names[i].length;
    }
    return `{${text}}`;
  };

  // One that was itself logged has its place in the code with it.
  const error = (value, trail) => {
    let text = heading(value);
    const stack = trail.depth === 1 ? places(attempt(() => cut(string(value.stack), LONGEST), "")) : "";
    if (stack) text += `\n${stack}`;
    const more = attempt(() => (keys(value).length ? properties(value, trail) : ""), "");
    if (more) text += ` ${more}`;
    const cause = attempt(() => descriptor(value, "cause"), undefined);
    if (cause !== undefined && "value" in cause) text += `\n    [cause]: ${look(cause.value, trail)}`;
    return trail.depth === 1 ? text : `[${text}]`;
  };

  const heading = (value) => {
    const name = attempt(() => cut(string(value.name), 1000), "Error");
    const message = attempt(() => cut(string(value.message), LONGEST), "");
    return message === "" ? name : `${name}: ${message}`;
  };

  // What its class or its realm calls it; nothing for a plain object.
  const nameOf = (value) => {
    for (let each = parent(value); each !== null; each = parent(each)) {
      const { value: maker } = descriptor(each, "constructor") ?? NOTHING;
      const name = (typeof maker === "function" ? ownText(maker, "name") : "") || ownText(each, toStringTag);
      if (name !== "") return name === "Object" ? "" : name;
    }
    return "";
  };

  const ownText = (value, key) => {
    const { value: text } = attempt(() => descriptor(value, key), undefined) ?? NOTHING;
    return typeof text === "string" ? cut(text, 200) : "";
  };

  const attempt = (read, otherwise) => {
    try {
      return read();
    } catch {
      return otherwise;
    }
  };

  const inherits = (value, prototype) => apply(isPrototypeOf, prototype, [value]);
  const cut = (text, most) => apply(slice, text, [0, most]);
  const begins = (text, beginning) => apply(startsWith, text, [beginning]);

  return { show, inspect, nameOf, attempt, cut, LONGEST };
}
