"""A token is worth something only if we signed every part of it and its session lives."""

import time
import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest

from models.stores import opened
from tests.client import Client
from tests.people import Person, bearer
from tests.security.forgery import FOREIGN_KEY, claims_of, encoded, forged, packed

Forgery = Callable[[Person, Person], str]
PREVIOUS_KEY = "the secret key of last year, 32 bytes or more"


def unsigned(alg: str) -> Forgery:
    return lambda alice, bob: f"{packed({'alg': alg, 'typ': 'JWT'})}.{packed(claims_of(alice))}."


def headed(**header: object) -> Forgery:
    """Signed with our own key, under a header that says something else."""
    return lambda alice, bob: forged(claims_of(alice), header=header)


def led_astray(**header: object) -> Forgery:
    """Signed with a key of the forger's, which the header offers."""
    return lambda alice, bob: forged(claims_of(alice), header=header, key=FOREIGN_KEY)


def claiming(**claims: object) -> Forgery:
    return lambda alice, bob: forged(claims_of(alice) | claims)


def lacking(claim: str) -> Forgery:
    return lambda alice, bob: forged(claims_of(alice), without=(claim,))


OFFERED_KEY = {"kty": "oct", "alg": "HS256", "k": encoded(FOREIGN_KEY.encode())}

FORGERIES: dict[str, Forgery] = {
    **{f"alg {alg}, unsigned": unsigned(alg) for alg in ("none", "None", "nOnE", "NONE", "", "HS256")},
    **{f"alg {alg}, signed": headed(alg=alg) for alg in ("none", "HS384", "HS512", "RS256", "ES256", "hs256", 256)},
    "alg HS384, really": lambda alice, bob: forged(claims_of(alice), header={"alg": "HS384"}, digest="sha384"),
    "no signature": lambda alice, bob: alice.token.rpartition(".")[0],
    "an empty signature": lambda alice, bob: alice.token.rpartition(".")[0] + ".",
    "half a signature": lambda alice, bob: alice.token[:-20],
    "another's signature": lambda alice, bob: alice.token.rpartition(".")[0] + "." + bob.token.rpartition(".")[2],
    "another's payload": lambda alice, bob: ".".join((*bob.token.split(".")[:2], alice.token.rpartition(".")[2])),
    "a foreign secret": led_astray(),
    "an empty secret": lambda alice, bob: forged(claims_of(alice), key=""),
    **{f"no {claim}": lacking(claim) for claim in ("exp", "jti", "sub", "iat", "iss")},
    **{f"{claim} null": claiming(**{claim: None}) for claim in ("exp", "jti", "sub", "iss")},
    **{f"{claim} a list": claiming(**{claim: ["1"]}) for claim in ("jti", "sub", "iss", "exp")},
    "exp a second ago": claiming(exp=int(time.time()) - 1),
    "exp before time": claiming(exp=-1),
    "exp in words": claiming(exp="never"),
    "exp infinite": claiming(exp=float("inf")),
    "exp no number": claiming(exp=float("nan")),
    "iss another": claiming(iss="somebody"),
    "sub another's": lambda alice, bob: forged(claims_of(alice) | {"sub": str(bob.id)}),
    "jti another's": lambda alice, bob: forged(claims_of(alice) | {"jti": claims_of(bob)["jti"]}),
    "jti nobody's": claiming(jti=str(uuid.uuid4())),
    **{f"jti {jti!r}": claiming(jti=jti) for jti in ("", "*", "alice", "../session", "x" * 36, "1 OR 1=1")},
    **{f"sub {sub!r}": claiming(sub=sub) for sub in ("", "alice", "1.0", "-1", "9" * 30, "1 OR 1=1", 1)},
    "kid a file": led_astray(kid="../../../../dev/null"),
    "kid SQL": led_astray(kid="' UNION SELECT 'a secret key of somebody else, 32 bytes or more"),
    "kid a number": headed(kid=7),
    "jku": led_astray(jku="https://attacker.example/keys.json", kid="1"),
    "x5u": led_astray(x5u="https://attacker.example/cert.pem"),
    "jwk": led_astray(jwk=OFFERED_KEY),
    "crit": headed(crit=["exp"], exp=0),
    "b64 false": headed(b64=False),
    "a header that is an array": lambda alice, bob: ".".join((packed([]), *alice.token.split(".")[1:])),
    "a header nested deeply": lambda alice, bob: f"{encoded(b'[' * 1400)}..",
    "a header of NaN": lambda alice, bob: f"{encoded(b'NaN')}..",
    "a header of no UTF-8": lambda alice, bob: f"{encoded(bytes([255, 254]))}..",
    "a payload that is an array": lambda alice, bob: ".".join((alice.token.split(".")[0], packed([]), "x")),
    "100 KB": lambda alice, bob: forged(claims_of(alice) | {"filling": "x" * 100_000}),
    "100 KB of dots": lambda alice, bob: "." * 100_000,
    "four parts": lambda alice, bob: alice.token + ".x",
    "something after a space": lambda alice, bob: f"{alice.token} {alice.token}",
    "two with a comma": lambda alice, bob: f"{alice.token},{alice.token}",
    "quotes around it": lambda alice, bob: f'"{alice.token}"',
    "no ASCII": lambda alice, bob: alice.token + "\xe9\xff",
    "a NUL at its end": lambda alice, bob: alice.token + "\0",
    "the session's id": lambda alice, bob: str(claims_of(alice)["jti"]),
}


def assert_nobody(api: Client, headers: dict[str, str], path: str = "/user/alice") -> None:
    """What these headers carry is no session: 401, and Hello World from the base."""
    refusal = api.get(path, headers=headers)
    assert refusal.status_int == 401
    assert refusal.headers["WWW-Authenticate"] == "Bearer"
    assert api.get("/", headers=headers).json == {"message": "Hello World"}


def test_a_token_made_by_the_same_hand_without_a_trick_is_taken(api: Client, alice: Person) -> None:
    assert api.get("/user/alice", headers=bearer(forged(claims_of(alice)))).status_int == 200


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_token_is_no_session(api: Client, alice: Person, bob: Person, forgery: Forgery) -> None:
    assert_nobody(api, bearer(forgery(alice, bob)))


@pytest.mark.parametrize("name", ["token", "access_token", "jwt", "Authorization"])
def test_a_token_in_the_url_is_ignored(api: Client, alice: Person, name: str) -> None:
    assert api.get(f"/?{name}={alice.token}").json == {"message": "Hello World"}
    assert api.get(f"/user/alice?{name}={alice.token}").status_int == 401


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR"])
def test_the_scheme_may_be_in_any_case(api: Client, alice: Person, scheme: str) -> None:
    assert api.get("/user/alice", headers={"Authorization": f"{scheme} {alice.token}"}).status_int == 200


@pytest.mark.parametrize("scheme", ["Token", "JWT", "Digest", "Bearer:", "Bearer=", ""])
def test_another_scheme_is_no_session(api: Client, alice: Person, scheme: str) -> None:
    assert_nobody(api, {"Authorization": f"{scheme} {alice.token}"})


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Bearer  ", "Bearer\t", "null", "Bearer null"])
def test_a_header_without_a_token_is_no_session(api: Client, alice: Person, value: str) -> None:
    assert_nobody(api, {"Authorization": value})


@pytest.mark.parametrize("method, path", [("get", "/user/alice"), ("get", "/auth/sessions"), ("delete", "/auth")])
def test_basic_is_taken_by_log_in_alone(api: Client, alice: Person, method: str, path: str) -> None:
    api.authorization = ("Basic", (alice.name, alice.password))
    assert api.request(path, method=method.upper()).status_int == 401
    assert api.get("/").json == {"message": "Hello World"}
    assert api.post("/auth").status_int == 201


def test_tokens_of_the_previous_secret_are_taken_while_it_is_set(
    api: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = bearer(forged(claims_of(alice), key=PREVIOUS_KEY))
    assert_nobody(api, old)
    monkeypatch.setattr(opened, "settings", replace(opened.settings, secret_key_previous=PREVIOUS_KEY))
    assert api.get("/user/alice", headers=old).status_int == 200
    assert api.get("/user/alice", headers=alice.headers).status_int == 200
    new = bearer(alice.log_in())
    monkeypatch.undo()
    assert api.get("/user/alice", headers=new).status_int == 200, "new tokens are signed with the new secret"
    assert_nobody(api, old)
