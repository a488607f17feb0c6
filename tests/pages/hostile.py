"""What somebody with bad intent puts into a field."""

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>", "</code></pre></title><script>alert(1)</script>", "{{7*7}}{% if 1 %}x",
    "javascript:alert(1)", "&lt;script&gt;&amp;amp;", "<!--<a>", "]]><b>", "${7*7}", "\u202egnp.exe\u202c",
    "<style>*{}</style><base href=//evil.example>", "\" onfocus=alert(1) autofocus x=\"", "a\\'b\"c`d",
    "%3Cscript%3E", "\uff1cscript\uff1e",
]  # fmt: skip
ALL_AT_ONCE = " ".join(HOSTILE)
