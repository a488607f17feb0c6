"""Browser windows in which nothing goes wrong unseen."""

from typing import Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, Response, WebError

Scheme = Literal["light", "dark"]
TELL_OF_VIOLATIONS = """
    addEventListener("securitypolicyviolation", (event) =>
        tellOfViolation(`${event.effectiveDirective} kept ${event.blockedURI || event.sample} out`));
"""


class Windows:
    """Opens windows of one test, and keeps what went wrong in any of them."""

    def __init__(self, browser: Browser, home: str, *, patience: int) -> None:
        self.browser, self.home, self.patience = browser, home, patience
        self.faults: list[str] = []
        # Statuses of 400 and more that the test means to see.
        self.expected: set[int] = set()
        self._contexts: list[BrowserContext] = []

    def open(self, *, token: str = "", scripts: bool = True, width: int = 1280, scheme: Scheme = "light") -> Page:
        """An empty window; of somebody who is logged in, where it gets their *token*."""
        context = self.browser.new_context(
            base_url=self.home,
            color_scheme=scheme,
            java_script_enabled=scripts,
            # What is looked at is not on its way from one colour to another.
            reduced_motion="reduce",
            viewport={"width": width, "height": 900},
        )
        context.set_default_timeout(self.patience)
        if token:
            context.add_cookies([{"name": "session", "value": token, "url": self.home}])
        self._contexts.append(context)
        self._watch(context)
        return context.new_page()

    def close(self) -> None:
        """Close them all, and fail if anything went wrong."""
        for context in self._contexts:
            for page in context.pages:
                page.evaluate("1")  # What it has to tell arrives before this returns.
            context.close()
        assert not self.faults, "\n".join(self.faults)

    def _watch(self, context: BrowserContext) -> None:
        context.expose_function("tellOfViolation", self._note)
        context.add_init_script(TELL_OF_VIOLATIONS)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("dialog", self._on_dialog)
        context.on("request", self._on_request)
        context.on("requestfailed", self._on_failure)
        context.on("response", self._on_response)

    def _note(self, fault: str) -> None:
        self.faults.append(fault)

    def _on_console(self, message: ConsoleMessage) -> None:
        # Refusals are looked at as answers, below.
        if message.type in ("error", "warning") and "the server responded with a status of" not in message.text:
            self._note(f"{message.type}: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self._note(f"error: {error.error}")

    def _on_dialog(self, dialog: Dialog) -> None:
        self._note(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.home}/", "data:")):
            self._note(f"asked elsewhere: {request.url}")

    def _on_failure(self, request: Request) -> None:
        # Whoever leaves a page gives up what it still waits for.
        if request.failure != "net::ERR_ABORTED":
            self._note(f"{request.failure}: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self._note(f"{response.status}: {response.url}")
