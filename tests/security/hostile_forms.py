"""The corpus for pages: forms, cookies and hosts that somebody with bad intent, or a bad browser, sends.

Values of forms are percent-encoded as they would be sent.
"""

import gzip

DEEP = 100_000
FORM = "application/x-www-form-urlencoded"
# Every form, rightly filled in; {alice}, {task} and {number} are filled in too.
FORMS: dict[str, dict[str, str]] = {
    "/admin/login": {"username": "root", "password": "root%27s+long+password"},
    "/admin/users/new": {
        "username": "mallory{number}", "password": "a+rather+long+one", "email": "m%40example.com", "data": "%7B%7D",
        "role": "user", "key": "{number}",
    },
    "/admin/users/{alice}": {"email": "a%40example.com", "role": "user", "data": "%7B%7D"},
    "/admin/users/{alice}/password": {"password": "a+rather+long+one"},
    "/admin/users/{alice}/delete": {},
    "/admin/defects/new": {"comment": "The+door+sticks.", "timestamp": "2026-01-01", "key": "{number}"},
    "/admin/defects/1": {"comment": "The+door+sticks.", "timestamp": "2026-01-01+13:30"},
    "/admin/defects/2/delete": {},
    "/admin/tasks/new": {"type": "delay", "seconds": "60", "key": "{number}"},
    "/admin/tasks/new/": {"type": "javascript", "code": "1", "key": "{number}"},
}  # fmt: skip

VALUES: dict[str, str] = {
    "NUL": "a%00b",
    "invalid UTF-8": "%ff%fe",
    "a surrogate": "%ed%a0%80",
    "overlong UTF-8": "%c0%af",
    "a noncharacter": "%EF%BF%BF%F4%8F%BF%BF",
    "a lone percent sign": "%",
    "a broken escape": "%zz",
    "an escape of another kind": "%u0041",
    "an escape twice": "%2500",
    "line breaks": "a%0D%0ASet-Cookie:+b%3Dc%0D%0A",
    "right to left": "%E2%80%AEgnp.exe",
    "one NFKC becomes eighteen": "%EF%B7%BA" * 150,
    "script": "%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "a template": "%7B%7B7*7%7D%7D%7B%25+for+a+in+b+%25%7D",
    "SQL": "%27;+DROP+TABLE+users;+--",
    "empty": "",
    "blanks": "+%09%0A",
    "long": "x" * 900_000,
    "long of two bytes": "%C3%A9" * 40_000,
    "deep": "[" * DEEP,
    "deep objects": "%7B%22a%22:" * 15_000,
    "a large number": "9" * 5000,
    "infinite": "1e400",
    "NaN": "NaN",
    "a time with a zone": "0001-01-01T00:00:00%2B23:59",
    "null": "null",
    "an array": "%5B%5D",
}

# What is refused with 400, by the field it is in.
REFUSED: dict[str, list[str]] = {
    "seconds": [
        "1e400", "-1e400", "NaN", "nan", "Infinity", "inf", "0x10", "1_0", "%D9%A1", "%EF%BC%91", "1,5", "-1", "604801",
        "9" * 5000, "01", "1.", ".5", "%221%22", "null", "true", "%5B1%5D", "1+2", "1%00", "", "+", "soon",
    ],
    "timestamp": [
        "0000-00-00", "0000-01-01", "99999-01-01", "10000-01-01", "2026-02-30", "2026-13-01", "2026-01-01T25:00",
        "0001-01-01", "0999-12-31", "0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59", "9999-12-31",
        "2026-01-01T00:00:00%2B24:00", "2026-01-01T00:00:00%2B99:99", "%D9%A2%D9%A0%D9%A2%D9%A6-01-01", "now", "0",
        "-1", "1e300", "2026-01-01%00", "today%27--", "1767225600",
    ],
    "data": [
        "[" * DEEP, "[" * DEEP + "]" * DEEP, "%7B%22a%22:" * 40 + "1" + "%7D" * 40, "%5B%5D", "7", "%22a%22", "null",
        "NaN", "%7B%22a%22:NaN%7D", "%7B%22a%22:1e999%7D", "%7B%22a%22:%22%5Cud800%22%7D", "%7B%22a%22:01%7D", "%7B",
        "%7B%27a%27:1%7D", "%7B%7D%7B%7D", "%7B%7D%00", "{{}}", "%7B%22a%22:%22" + "x" * 66_000 + "%22%7D",
    ],
    "role": ["", "root", "ADMIN", "admin%00", "%D0%B0dmin", "null", "admin,user"],
    "type": ["", "sleep", "DELAY", "delay%00", "__class__", "null", "javascript+"],
    "email": ["x", "a%00%40b", "a+b%40c", "x" * 300 + "%40b", "a%40b%0D%0ABcc:+c%40d", "%40"],
    "password": ["", "short", "x" * 129, "password", "12345678"],
    "comment": ["", "%00", "a%00b", "x" * 900_000],
    "code": ["x" * 300_000],
}  # fmt: skip

# A content type and a body that no form of ours has.
BODIES: dict[str, tuple[str, bytes]] = {
    "a broken escape in a name": (FORM, b"%zz=1&comment=a"),
    "invalid UTF-8, raw": (FORM, b"comment=\xff\xfe"),
    "invalid UTF-8 in a name": (FORM, b"%ff=1"),
    "UTF-16": (FORM, "comment=a".encode("utf-16")),
    "NUL bytes": (FORM, b"\0" * 1000),
    "no equals sign": (FORM, b"comment"),
    "51 fields": (FORM, b"&".join(b"a%d=1" % number for number in range(51))),
    "100,000 fields": (FORM, b"&".join(b"a%d=1" % number for number in range(100_000))),
    "a field twice": (FORM, b"comment=a&comment=b&username=a&username=a&seconds=1&seconds=2&password=a&password=b"),
    "a field twice, spelled otherwise": (FORM, b"comment=a&%63omment=b&unknown=1"),
    "an unknown field": (FORM, b"unknown=1"),
    "a field without a name": (FORM, b"=1"),
    "a field in brackets": (FORM, b"comment[]=a&seconds[]=1&username[$ne]=&password[$ne]="),
    "__class__": (FORM, b"__class__=User&__struct_fields__=1&self=1&req=1&actor=1&kind=1"),
    "1 MiB and a byte": (FORM, b"comment=" + b"a" * (1024 * 1024 - 7)),
    "5 MiB": (FORM, b"comment=" + b"a" * 5_000_000),
    "JSON that says that it is a form": (FORM, b'{"comment": "a", "type": "delay", "seconds": 1}'),
    "gzip": (FORM, gzip.compress(b"comment=a")),
    "JSON": ("application/json", b'{"comment": "a", "type": "delay", "seconds": 1, "username": "a", "password": "b"}'),
    "deep JSON": ("application/json", b"[" * DEEP),
    "JSON of some kind": ("application/merge-patch+json", b"{}"),
    "multipart": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="comment"\r\n\r\na\r\n--x--\r\n',
    ),
    "multipart without a boundary": ("multipart/form-data", b"--\r\n"),
    "plain text": ("text/plain", b"comment=a\r\n"),
    "XML": ("application/xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    "nothing said": ("", b"comment=a"),
    "nonsense said": ("\xff\xfe", b"comment=a"),
    "two said": (f"{FORM}, text/plain", b"comment=a"),
    "a long thing said": ("x" * 10_000, b"comment=a"),
}  # fmt: skip

# No session is in any of these; {token} is one that is valid.
COOKIES = [
    "", ";", "=", ";;;=;", "session", "session=", "session= ", "session=;", "session=\"", "session=\"\"",
    "session=\xff", "session=\0", "session=%00", "session=nonsense", "session=a.b.c", "session={token}x",
    "session=x{token}", "session=" + "a" * 100_000, "a=b; " * 5000, "x" * 100_000, "Session={token}",
    "session ={token}.", "sessio={token}", "SESSION={token}", "__Host-session={token}", "__Host-session=a; session=b",
    "session=a; session={token}", "session=; session={token}", "session={token},session=a", "session=\"{token}",
    "$Version=1; $session={token}", "session[]={token}", "%73ession={token}", "session%3D{token}",
    "\xffsession={token}", "csrf_token=1; token={token}",
]  # fmt: skip
# Valid, and not where we are.
OTHER_HOSTS = ["aerie.example:", "aerie.example:0", "[::1]", "[::1]:80", "..", "xn--"]
HOSTS = [
    *OTHER_HOSTS, "", " ", ":", ":80", ":x", "a:b:c", "aerie.example:99999", "aerie.example:x", "aerie.example:-1",
    "[::1", "::1", "[]", "[::1]]", "[127.0.0.1]", "[fe80::1%25eth0]", "a b", "a\0b", "a,b", "\xff\xfe", "x" * 10_000,
    "\"><script>alert(1)</script>", "{{7*7}}", "a/b", "a?b", "a#b", "user@aerie.example", "aerie.example\r\nX-Evil: 1",
    "http://aerie.example", "%00", "aerie.example, aerie.example", "\u0130".encode().decode("latin-1"),
]  # fmt: skip
