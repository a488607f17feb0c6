// A sample counter server: how many defects each user has reported and deleted.
//
//   deno run --allow-net counters_server.js                            on port 8888
//   deno run --allow-net counters_server.js 9000                       on that
//   PORT=9000 deno run --allow-net --allow-env=PORT counters_server.js the same
//
// POST / takes {"user": 1, "action": "create" | "delete"}; GET / answers with the totals,
// {"1": {"create": 3, "delete": 1}}. They are kept in memory, and gone when it ends.

const KEYS_KEPT = 100_000;
const ACTIONS = ["create", "delete"];
const NONE = { create: 0, delete: 0 };

const totals = new Map();
const seen = new Set();

/** Whether a notice with this key is counted for the first time; one without a key always is. */
function isNew(key) {
  if (key === null) return true;
  if (seen.has(key)) return false;
  seen.add(key);
  // A Set is in the order in which it grew: the oldest key is its first.
  if (seen.size > KEYS_KEPT) seen.delete(seen.values().next().value);
  return true;
}

function count({ user, action }) {
  const total = totals.get(user) ?? NONE;
  totals.set(user, { ...total, [action]: total[action] + 1 });
}

function isNotice(document) {
  return Number.isInteger(document?.user) && ACTIONS.includes(document.action);
}

async function take(request) {
  let document;
  try {
    document = await request.json();
  } catch {
    return new Response("The body is no JSON.\n", { status: 400 });
  }
  if (!isNotice(document)) {
    return new Response('Send {"user": 1, "action": "create"}, or "delete".\n', { status: 400 });
  }
  if (isNew(request.headers.get("Idempotency-Key"))) count(document);
  return Response.json(totals.get(document.user) ?? NONE);
}

function answer(request) {
  if (new URL(request.url).pathname !== "/") return new Response("There is only /.\n", { status: 404 });
  if (request.method === "POST") return take(request);
  if (request.method === "GET") return Response.json(Object.fromEntries(totals));
  return new Response("Use GET or POST.\n", { status: 405, headers: { Allow: "GET, POST" } });
}

// To ask whether it may be read asks nobody at a terminal; to read it would.
const mayRead = Deno.permissions.querySync({ name: "env", variable: "PORT" }).state === "granted";
const port = Number(Deno.args[0] || (mayRead && Deno.env.get("PORT")) || 8888);

Deno.serve({ hostname: "127.0.0.1", port }, answer);
