"""What a browser sends: its cookie by itself, and from our pages where it is and the token of its session."""

from hooks import csrf
from tests.people import claims

HOST = "aerie.example"
SITE = f"http://{HOST}"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def cookie(token: str, *, name: str = "session") -> dict[str, str]:
    """What comes along whoever has the browser ask."""
    return {"Host": HOST, "Cookie": f"{name}={token}"}


def from_page(token: str, **more: str) -> dict[str, str]:
    """What a page of ours sends; *more* is in place of its parts, by their names with _ for -."""
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return {**cookie(token), "Origin": SITE, csrf.HEADER: csrf_token(token), **named}


def without(headers: dict[str, str], name: str) -> dict[str, str]:
    """The same but for one."""
    return {each: value for each, value in headers.items() if each != name}


def csrf_token(token: str) -> str:
    """What the pages of a session carry."""
    return csrf.token_of(claims(token)["jti"])
