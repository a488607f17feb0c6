// Pages work without this: it copies commands, looks again at a task that has not ended, and counts clicks.

// Browsers let only pages that came safely reach the clipboard.
for (const block of navigator.clipboard ? document.querySelectorAll(".curl pre") : []) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.textContent);
    button.textContent = "Copied";
  });
  block.after(button);
}

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

// A browser asks a host six things at a time: pages that nobody looks at leave them to the others.
const seen = () =>
  document.visibilityState === "visible" ||
  new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));

async function watch(place) {
  for (;;) {
    await seen();
    const asked = Date.now();
    const hidden = new AbortController();
    document.addEventListener("visibilitychange", () => hidden.abort(), { once: true });
    let status = null;
    try {
      const answer = await fetch(place.dataset.watch, { headers: { Prefer: "wait=25" }, signal: hidden.signal });
      if (answer.ok) status = (await answer.json()).status;
      // Logged out, or no longer there: the page itself says so.
      else if ([401, 403, 404].includes(answer.status)) status = "gone";
    } catch {
      // Away for a moment, or not looked at; it is asked again.
    }
    if (status !== null && status !== place.dataset.status) return location.reload();
    // Where too many wait already, the answer comes at once.
    if (Date.now() - asked < 2000) await pause(2);
  }
}

for (const place of document.querySelectorAll("[data-watch]")) watch(place);

// The second click of two is none.
for (const form of document.querySelectorAll("form[method=post]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => (sent = false));
}
