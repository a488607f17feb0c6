// Writes the result as JSON.stringify does, and refuses what that would lose in silence, by its place in the result.
({ nameOf, attempt, cut }, A_RESULT_HOLDS) => {
  const { stringify, isRawJSON } = JSON;
  const { apply, getOwnPropertyDescriptor: descriptor, getPrototypeOf: parent } = Reflect;
  const { keys, freeze, prototype: plain } = Object;
  const { isPrototypeOf } = plain;
  const { isArray } = Array;
  const { isView } = ArrayBuffer;
  const { isError } = Error;
  const { isFinite } = Number;
  const { slice } = String.prototype;
  const string = String;
  const DEEPEST = 500;
  const LONGEST_KEY = 60;
  const LONGEST_PLACE = 400;
  const STOP = freeze({ __proto__: null });
  const [numbers, strings, booleans, bigints] = [Number.prototype, String.prototype, Boolean.prototype, BigInt.prototype];
  const [numberIn, stringIn, booleanIn, bigintIn] = [numbers.valueOf, strings.valueOf, booleans.valueOf, bigints.valueOf];
  // What they hold is where stringify does not look, whatever other properties they have.
  const OPAQUE = [Map, WeakMap, Set, WeakSet, WeakRef, Promise, Iterator, RegExp, ArrayBuffer, SharedArrayBuffer, DataView, Error];
  const opaque = { __proto__: null, length: OPAQUE.length };
  for (let i = 0; i < OPAQUE.length; i++) opaque[i] = OPAQUE[i].prototype;
  const INHERITING = "object with inherited properties only";
  const HINTS = {
    __proto__: null,
    Map: "give Object.fromEntries(map) or [...map]",
    Set: "give [...set]",
    Promise: "await it",
    BigInt: "give a number or a string",
    [INHERITING]: "give an object with properties of its own",
    Error: "give its message, or throw it",
    NaN: "give null or a string",
    Infinity: "give null or a string",
    "-Infinity": "give null or a string",
  };

  // {json}, or {code, message} of what is refused. What the value's own getters and toJSON throw is thrown on.
  const write = (value) => {
    const trail = { __proto__: null, depth: -1, keys: { __proto__: null }, spent: 0, refusal: undefined };
    const check = function (key, value) {
      const each = unboxed(value);
      enter(trail, this, key);
      examine(trail, each);
      return each;
    };
    try {
      const json = value === undefined ? "null" : stringify(value, check);
      if (json !== undefined) return { __proto__: null, json };
      return { __proto__: null, code: "not_json", message: "result is an object without JSON: its toJSON gives nothing." };
    } catch (thrown) {
      if (thrown === STOP) return trail.refusal;
      throw thrown;
    }
  };

  // The primitive in `new Number(5)` and the like, read as stringify does.
  const unboxed = (value) => {
    if (typeof value !== "object" || value === null) return value;
    if (boxes(value, numbers, numberIn)) return +value;
    if (boxes(value, strings, stringIn)) return `${value}`;
    if (boxes(value, booleans, booleanIn)) return apply(booleanIn, value, []);
    return boxes(value, bigints, bigintIn) ? apply(bigintIn, value, []) : value;
  };

  const boxes = (value, prototype, valueOf) =>
    apply(isPrototypeOf, prototype, [value]) && attempt(() => (apply(valueOf, value, []), true), false);

  // The trail holds what stringify is inside: first an object of its own with the result in it, then the result, and so on.
  const enter = (trail, holder, key) => {
    while (trail.depth >= 0 && trail[trail.depth] !== holder) trail.depth--;
    if (trail.depth < 0) trail[(trail.depth = 0)] = holder;
    trail.keys[trail.depth + 1] = key;
  };

  const examine = (trail, each) => {
    const type = typeof each;
    if (type === "string") spend(trail, each.length + 2);
    else if (type === "number" && !isFinite(each)) lose(trail, string(each), "");
    else if (type === "object" && each !== null && !isRawJSON(each)) examineObject(trail, each);
    else if (type === "bigint") lose(trail, "BigInt");
    else if (type === "function" || type === "symbol") lose(trail, type);
    else if (each !== undefined) spend(trail, 1);
  };

  const examineObject = (trail, each) => {
    const here = trail.depth + 1;
    for (let i = 1; i < here; i++) {
      if (trail[i] === each) refuse(trail, "not_json", `${place(trail, here)} is circular: it is ${place(trail, i)} again.`);
    }
    if (here > DEEPEST) refuse(trail, "not_json", `The result is nested deeper than ${DEEPEST} levels; give something flatter.`);
    if (!isPlain(each)) lose(trail, attempt(() => nameOf(each) || inherits(each), "") || "object");
    const isLong = (isArray(each) || isView(each)) && 2 * each.length + 1 > A_RESULT_HOLDS;
    spend(trail, isLong ? Infinity : 2);
    trail[(trail.depth = here)] = each;
  };

  // An object of a class is written with its properties; one without any has what it knows elsewhere.
  const isPlain = (each) => {
    const its = parent(each);
    if (isError(each)) return false;
    if (isArray(each) || its === plain || its === null) return true;
    for (let above = its; above !== null; above = parent(above)) {
      if (has(opaque, above)) return false;
    }
    return isView(each) || keys(each).length > 0 || inherits(each) === undefined;
  };

  // What an object without properties of its own may have instead; `Object.create({})` has nothing.
  const inherits = (each) => {
    for (let above = parent(each); above !== null && above !== plain; above = parent(above)) {
      if (descriptor(above, "constructor")) return "object of a class without a name";
      if (keys(above).length > 0) return INHERITING;
    }
    return undefined;
  };

  const has = (all, one) => {
    for (let i = 0; i < all.length; i++) if (all[i] === one) return true;
    return false;
  };

  // At least so much is written: what grows too large ends early.
  const spend = (trail, characters) => {
    trail.spent += characters;
    if (trail.spent > A_RESULT_HOLDS) refuse(trail, "result_too_large", "");
  };

  const lose = (trail, name, article = has("AEIOaeio", name[0]) ? "an " : "a ") => {
    const hint = HINTS[name] ?? "give plain data";
    refuse(trail, "not_json", `${place(trail, trail.depth + 1)} is ${article}${name}, which JSON can't hold; ${hint}.`);
  };

  const refuse = (trail, code, message) => {
    trail.refusal = { __proto__: null, code, message };
    throw STOP;
  };

  const place = (trail, last) => {
    let text = "";
    for (let i = 2; i <= last; i++) text += step(trail.keys[i]);
    return text.length > LONGEST_PLACE ? `result…${apply(slice, text, [-LONGEST_PLACE])}` : `result${text}`;
  };

  const step = (key) => {
    let isIndex = key !== "";
    let isName = isIndex && key.length <= LONGEST_KEY && !(key[0] >= "0" && key[0] <= "9");
    for (let i = 0; i < key.length && i < LONGEST_KEY; i++) {
      const c = key[i];
      const isDigit = c >= "0" && c <= "9";
      isIndex &&= isDigit;
      isName &&= isDigit || (c >= "a" && c <= "z") || (c >= "A" && c <= "Z") || c === "_" || c === "$";
    }
    if (isName) return `.${key}`;
    return isIndex ? `[${key}]` : `[${stringify(cut(key, LONGEST_KEY))}]`;
  };

  return { write };
}
