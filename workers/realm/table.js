// Draws what console.table is given: a row for each member, a column for each property that one of them has.
({ inspect, attempt, cut }) => {
  const { apply, getOwnPropertyDescriptor: descriptor } = Reflect;
  const { keys } = Object;
  const { forEach: forEachEntry } = Map.prototype;
  const { forEach: forEachMember } = Set.prototype;
  const { padEnd, repeat, slice } = String.prototype;
  const [mapSize, setSize] = [descriptor(Map.prototype, "size").get, descriptor(Set.prototype, "size").get];
  const string = String;
  const MOST_ROWS = 1000;
  const MOST_COLUMNS = 50;
  const WIDEST = 100;
  // For members that are no objects. No property has this name: those have a mark in front of theirs.
  const VALUES = "Values";

  // The table as text, undefined for what is no object; *chosen* are the properties to show, and else all are.
  const draw = (data, chosen) => {
    if (data === null || typeof data !== "object") return undefined;
    const columns = { __proto__: null };
    const rows = { __proto__: null, length: 0 };
    for (let i = 0; i < (chosen?.length ?? 0); i++) columns[`.${string(chosen[i])}`] = true;
    const add = (index, value) => {
      if (rows.length < MOST_ROWS) rows[rows.length++] = cells(index, value, columns, chosen === undefined);
    };
    const head = gather(data, add);
    const names = keys(columns);
    let isPlain = false;
    for (let i = 0; i < rows.length; i++) isPlain ||= rows[i][VALUES] !== undefined;
    return lay(head, rows, names, isPlain);
  };

  // Gives each member to *add*, and says what their indexes are called.
  const gather = (data, add) => {
    let index = 0;
    const entry = (value, key) => add(string(index++), { __proto__: null, Key: key, Value: value });
    const member = (value) => add(string(index++), value);
    const hasSize = (size) => attempt(() => (apply(size, data, []), true), false);
    if (hasSize(mapSize)) {
      apply(forEachEntry, data, [entry]);
    } else if (hasSize(setSize)) {
      apply(forEachMember, data, [member]);
    } else {
      const names = keys(data);
      for (let i = 0; i < names.length && i < MOST_ROWS; i++) add(names[i], data[names[i]]);
      return "(index)";
    }
    return "(iteration index)";
  };

  const cells = (index, value, columns, isOpen) => {
    const found = { __proto__: null, index: cut(index, WIDEST) };
    if (value === null || typeof value !== "object") {
      found[VALUES] = cut(inspect(value), WIDEST);
      return found;
    }
    const names = keys(value);
    for (let i = 0; i < names.length && i < MOST_COLUMNS; i++) {
      const column = `.${names[i]}`;
      if (isOpen) columns[column] = true;
      if (columns[column]) found[column] = cut(attempt(() => inspect(value[names[i]]), "[Throws]"), WIDEST);
    }
    return found;
  };

  const lay = (head, rows, names, isPlain) => {
    const grid = { __proto__: null, length: 0 };
    const column = (title, key) => (grid[grid.length++] = { __proto__: null, title, key, width: widest(title, rows, key) });
    column(head, "index");
    for (let i = 0; i < names.length && i < MOST_COLUMNS; i++) column(apply(slice, names[i], [1, WIDEST]), names[i]);
    if (isPlain) column(VALUES, VALUES);
    let text = rule(grid, "┌", "┬", "┐");
    text += line(grid, (each) => each.title) + rule(grid, "├", "┼", "┤");
    for (let i = 0; i < rows.length; i++) text += line(grid, (each) => rows[i][each.key] ?? "");
    return text + cut(rule(grid, "└", "┴", "┘"), -1);
  };

  const widest = (title, rows, key) => {
    let width = title.length;
    for (let i = 0; i < rows.length; i++) if (rows[i][key]?.length > width) width = rows[i][key].length;
    return width;
  };

  const line = (grid, read) => {
    let text = "";
    for (let i = 0; i < grid.length; i++) text += `│ ${apply(padEnd, read(grid[i]), [grid[i].width])} `;
    return `${text}│\n`;
  };

  const rule = (grid, left, middle, right) => {
    let text = "";
    for (let i = 0; i < grid.length; i++) text += (i ? middle : left) + apply(repeat, "─", [grid[i].width + 2]);
    return `${text}${right}\n`;
  };

  return { draw };
}
