"""Somebody whose every secret can be told from all else, and who does everything there is to do."""

import base64
from typing import Any

from tests.people import bearer
from tests.security.asking import Answer, ask, ask_json

PASSWORD, WRONG = "canary-password-4711", "canary-wrong-password-4712"
NEW_PASSWORD = "canary-new-password-4718"
EMAIL, NEW_EMAIL = "canary-mail-4713@example.com", "canary-mail-4714@example.com"
DATA, NEW_DATA = "canary-data-4715", "canary-data-4716"
PREVIOUS_KEY = "canary-previous-key-4717-of-32-bytes-or-more"
PERSONAL = (EMAIL, NEW_EMAIL, DATA, NEW_DATA)


class Canary:
    """Somebody who does everything there is to do, and everything that came back."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.tokens: list[str] = []
        self.answers: list[tuple[str, Answer]] = []

    def ask(self, method: str, path: str, document: Any = None, **options: Any) -> Answer:
        if document is None:
            answer = ask(self._app, method, path, **options)
        else:
            answer = ask_json(self._app, method, path, document, **options)
        self.answers.append((path, answer))
        return answer

    def live(self) -> None:
        """Sign up, log in, rightly and wrongly, and change everything."""
        account = {"username": "canary", "password": PASSWORD, "email": EMAIL, "data": {DATA: DATA}}
        assert self.ask("POST", "/user", account).status == 201
        assert self.ask("POST", "/user", account).status == 409
        self.fail_to_log_in()
        self.log_in()
        for method, body in (
            ("PUT", {"data": {NEW_DATA: 1}, "email": NEW_EMAIL}),
            ("PATCH", {"data": {DATA: NEW_DATA}}),
        ):
            assert self.ask(method, "/user/canary", body, headers=self.headers).status == 200
        self.change_password()
        self.err()
        for path in ("/", "/user/canary", "/auth/sessions", f"/?token={self.tokens[0]}&password={PASSWORD}",
                     f"/users?q={PASSWORD}", f"/users?q={EMAIL}&username={WRONG}", f"/users/{self.id}"):  # fmt: skip
            assert self.ask("GET", path, headers=self.headers).status in (200, 400)

    @property
    def headers(self) -> dict[str, str]:
        return bearer(self.tokens[-1])

    def log_in(self) -> None:
        basic = base64.b64encode(f"canary:{PASSWORD}".encode()).decode()
        form = f"username=canary&password={PASSWORD}".encode()
        for options in (
            {"headers": {"Authorization": f"Basic {basic}"}},
            {"headers": {"Content-Type": "application/x-www-form-urlencoded"}, "body": form},
        ):
            self.tokens.append(self.ask("POST", "/auth", **options).json["token"])

    def change_password(self) -> None:
        """To another and back, with a wrong one between."""
        for current, new, status in (
            (PASSWORD, NEW_PASSWORD, 200), (WRONG, PASSWORD, 403), (NEW_PASSWORD, PASSWORD, 200),
        ):  # fmt: skip
            body = {"password": new, "current_password": current}
            assert self.ask("PATCH", f"/users/{self.id}", body, headers=self.headers).status == status

    @property
    def id(self) -> int:
        found: int = self.answers[0][1].json["id"]
        return found

    def fail_to_log_in(self) -> None:
        # A password in the field of the name is what happens to everybody once.
        for name, given in (("canary", WRONG), (PASSWORD, WRONG), ("nobody", PASSWORD)):
            assert self.ask("POST", "/auth", {"username": name, "password": given}).status == 401
        for _ in range(12):
            self.ask("POST", "/auth", {"username": "canary", "password": WRONG}, environ={"REMOTE_ADDR": "192.0.2.9"})
        assert self.answers[-1][1].status == 429

    def err(self) -> None:
        """Put the secrets where they make a 400."""
        for body in (
            {"username": f"{PASSWORD} {EMAIL}", "password": PASSWORD, "email": f"no {EMAIL} address", "data": DATA},
            {"username": PASSWORD, "password": PASSWORD, "email": 7, "data": [DATA]},
            {"username": "x", "password": [PASSWORD], "email": [EMAIL], "passwort": PASSWORD},
            {"username": "x", "password": "x" + PASSWORD * 20, "data": {DATA: {}}},
        ):
            assert self.ask("POST", "/user", body).status == 400
            assert self.ask("PUT", "/user/canary", body, headers=self.headers).status == 400
            assert self.ask("PUT", f"/users/{self.id}", body, headers=self.headers).status in (400, 403)
            assert self.ask("POST", "/auth", body).status in (400, 401)
        for raw in (
            f'{{"password": "{PASSWORD}"',
            f'"{PASSWORD}"',
            f'{{"password": {PASSWORD}}}',
            f"password={PASSWORD}",
        ):
            assert self.ask("POST", "/user", body=raw.encode()).status == 400
            assert self.ask("POST", "/auth", body=raw.encode()).status == 400
