// Pages work without this: it copies commands, and looks again at a task that has not ended.

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

async function watch(place) {
  for (;;) {
    const asked = Date.now();
    let status = null;
    try {
      const answer = await fetch(place.dataset.watch, { headers: { Prefer: "wait=25" } });
      if (answer.status < 500) status = answer.ok ? (await answer.json()).status : "gone";
    } catch {
      // Away for a moment; it is asked again.
    }
    if (status !== null && status !== place.dataset.status) return location.reload();
    // Where too many wait already, the answer comes at once.
    if (Date.now() - asked < 2000) await pause(2);
  }
}

for (const place of document.querySelectorAll("[data-watch]")) watch(place);
