"""`role` lets pass actors of one role alone."""

import falcon
import pytest
from falcon.testing import TestClient

from api import problems
from hooks import authenticated, role
from models.roles import Role
from models.user import User
from tests.people import Person


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
class Vault:
    """A resource for admins."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User) -> None:
        """Say who came in."""
        resp.media = {"actor": actor.username}


@pytest.fixture
def vault(stores: None) -> TestClient:
    app: falcon.App[falcon.Request, falcon.Response] = falcon.App()
    problems.install(app)
    app.add_route("/vault", Vault())
    return TestClient(app)


def test_an_admin_passes(vault: TestClient, root: Person) -> None:
    assert vault.simulate_get("/vault", headers=root.headers).json == {"actor": "root"}


def test_a_user_is_refused(vault: TestClient, alice: Person) -> None:
    assert vault.simulate_get("/vault", headers=alice.headers).status_code == 403


def test_nobody_is_asked_to_log_in_first(vault: TestClient, stores: None) -> None:
    assert vault.simulate_get("/vault").status_code == 401
