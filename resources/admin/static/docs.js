// Starts Swagger UI on /docs, in light or dark as the system has it.

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
follow();
dark.addEventListener("change", follow);

const csrfToken = document.querySelector('meta[name="csrf-token"]')?.content;

SwaggerUIBundle({
  dom_id: "#docs",
  url: "/openapi.json",
  layout: "BaseLayout",
  // It would put links into buttons, where no keyboard and no screen reader expects them.
  deepLinking: false,
  tryItOutEnabled: false,
  persistAuthorization: false,
  validatorUrl: null,
  requestInterceptor(request) {
    // Without a token of its own it goes out with the browser's cookie, whose writes need this.
    const isWrite = !["GET", "HEAD", undefined].includes(request.method);
    if (csrfToken && isWrite && !request.headers.Authorization) {
      request.headers["X-CSRF-Token"] = csrfToken;
    }
    return request;
  },
});

// Fields that Swagger UI leaves without a name.
const NAMES = { "#servers": "Server", ".body-param__text": "Request body", ".examples-select-element": "Example" };
new MutationObserver(() => {
  for (const [fields, name] of Object.entries(NAMES)) {
    for (const field of document.querySelectorAll(`${fields}:not([aria-label])`)) field.setAttribute("aria-label", name);
  }
}).observe(document.getElementById("docs"), { childList: true, subtree: true });
