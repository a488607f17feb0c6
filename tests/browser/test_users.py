"""An account from beginning to end and back, by keyboard."""

from secrets import token_hex

from playwright.sync_api import Page, expect

from tests.browser.keyboard import fill, press
from tests.browser.windows import Windows
from tests.system.server import Server

PASSWORD = "a good long password"


def make_user(page: Page, name: str) -> None:
    page.goto("/admin")
    press(page, "Users")
    press(page, "New user")
    fill(page, "Username", name)
    fill(page, "Password", PASSWORD)
    fill(page, "Role", "admin")
    fill(page, "E-mail", f"{name}@example.com")
    fill(page, "Data", '{"desk": 4}')
    press(page, "Make the account")
    expect(page.get_by_role("status")).to_have_text(f"{name} has an account now.")


def test_an_admin_makes_a_user_deletes_them_and_brings_them_back(admin: Page, windows: Windows, server: Server) -> None:
    name = f"dora-{token_hex(3)}"
    make_user(admin, name)
    token = server.log_in(name, PASSWORD)
    server.call("POST", "/tasks", token, json={"type": "delay", "seconds": 3600})
    press(admin, "Delete…")
    expect(admin.get_by_role("main")).to_contain_text("sessions: 1, at once")
    expect(admin.get_by_role("main")).to_contain_text("tasks that are queued or running: 1")
    press(admin, f"Delete {name}")
    expect(admin.get_by_role("status")).to_have_text(f"{name} is deleted; sessions ended: 1, tasks stopped: 1.")
    assert server.call("GET", "/users", token).status_code == 401
    press(admin, "Restore")
    expect(admin.get_by_role("status")).to_have_text(f"{name} is back; sessions stay ended.")
    assert server.call("GET", f"/user/{name}", server.log_in(name, PASSWORD)).json()["data"] == {"desk": 4}


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(admin: Page, windows: Windows) -> None:
    windows.expected.add(400)
    name = f"erin-{token_hex(3)}"
    admin.goto("/admin/users/new")
    fill(admin, "Username", name)
    fill(admin, "Password", "short")
    fill(admin, "Data", "{not json")
    press(admin, "Make the account")
    password, data = admin.get_by_label("Password"), admin.get_by_label("Data")
    expect(password).to_have_accessible_description("8 to 128 characters. Use 8 to 128 characters.")
    expect(data).to_have_attribute("aria-invalid", "true")
    expect(data).to_have_value("{not json")
    fill(admin, "Password", PASSWORD)
    fill(admin, "Data", "")
    admin.get_by_label("Data").press("Delete")
    press(admin, "Make the account")
    expect(admin.get_by_role("status")).to_have_text(f"{name} has an account now.")
