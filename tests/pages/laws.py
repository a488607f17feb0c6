"""What holds for every page that anybody is ever shown."""

from typing import Any
from urllib.parse import urljoin, urlsplit

from webtest import TestResponse

from tests.pages.places import has, template_of

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}
POLICY_OF_DOCS = POLICY - {"img-src 'self'"} | {"img-src 'self' data:"}
# Whatever a page of ours is made of; else something that was typed has become a part of it.
ELEMENTS = {
    "html", "head", "meta", "title", "link", "script", "body", "a", "header", "nav", "form", "input", "button", "main",
    "div", "section", "h1", "h2", "p", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr",
    "th", "td", "label", "textarea", "select", "option", "span", "strong", "code", "pre", "details", "summary", "time",
    "noscript",
}  # fmt: skip
ADDRESSES = ("href", "src", "action", "formaction", "data-watch")
# No page, but worth a link.
BESIDE_THE_PAGES = ("/openapi.json",)


def check(answer: TestResponse) -> None:
    """Hold an answer against all of them."""
    assert "X-Request-ID" in answer.headers
    if answer.status_int == 303:
        assert urlsplit(answer.headers["Location"])[:2] == ("", ""), "leads to another site"
        return
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    policy = set(answer.headers["Content-Security-Policy"].split("; "))
    assert policy in (POLICY, POLICY_OF_DOCS if answer.request.path == "/docs" else POLICY)
    if answer.body:
        page = answer.html
        elements = page.find_all(True)
        _one_subject(page, elements)
        _nothing_that_runs(elements)
        _ids_and_labels(elements)
        _addresses(elements, answer.request.path)
        _forms(elements, answer.request.path)


def _one_subject(page: Any, elements: list[Any]) -> None:
    assert [len(_named(elements, name)) for name in ("html", "title", "h1")] == [1, 1, 1]
    # Swagger UI brings its own.
    assert len(_named(elements, "main")) == (page.find(id="docs") is None)
    assert page.html["lang"] == "en"
    subject, _, product = page.title.get_text().rpartition(" · ")
    assert subject.strip() and product == "Aerie"
    assert page.h1.get_text(strip=True)


def _nothing_that_runs(elements: list[Any]) -> None:
    for element in elements:
        assert element.name in ELEMENTS, f"has become a part of the page: {element}"
        assert not [name for name in element.attrs if name.startswith("on") or name in ("style", "srcdoc")], element
    for script in _named(elements, "script"):
        assert script.get("src", "").startswith("/static/") and not script.get_text()
    assert all("http-equiv" not in meta.attrs for meta in _named(elements, "meta"))


def _ids_and_labels(elements: list[Any]) -> None:
    ids = [element["id"] for element in elements if element.has_attr("id")]
    assert len(ids) == len(set(ids)), f"ids that are there twice: {ids}"
    for name in ("for", "aria-describedby", "aria-labelledby"):
        for element in [each for each in elements if each.has_attr(name)]:
            assert element[name].split() and set(element[name].split()) <= set(ids), element
    labels = {label["for"]: label.get_text(strip=True) for label in _named(elements, "label")}
    for field in _named(elements, "input", "select", "textarea"):
        assert field["name"] and (field.get("type") == "hidden" or labels.get(field["id"])), field
    assert all(each.get_text(strip=True) for each in _named(elements, "a", "button"))


def _addresses(elements: list[Any], here: str) -> None:
    for element in elements:
        for name in [each for each in ADDRESSES if element.has_attr(each)]:
            address = element[name]
            if name == "href" and address == "#main":
                continue
            assert address.startswith("/") and not address.startswith(("//", "/\\")), element
            if element.name == "a":
                path = urlsplit(urljoin(here, address)).path
                assert path in BESIDE_THE_PAGES or has(template_of(path), "get"), f"leads nowhere: {element}"


def _forms(elements: list[Any], here: str) -> None:
    expected = [meta["content"] for meta in _named(elements, "meta") if meta.get("name") == "csrf-token"]
    for form in _named(elements, "form"):
        method = form.get("method", "get")
        target = template_of(urlsplit(urljoin(here, form.get("action", ""))).path)
        assert has(target, method), f"leads nowhere: {form}"
        tokens = [field["value"] for field in form.find_all("input", attrs={"name": "csrf_token"})]
        guarded = method == "post" and target != "/admin/login"
        assert tokens == (expected if guarded else []) and len(tokens) == guarded, form
        assert len(form.find_all("button")) == 1


def _named(elements: list[Any], *names: str) -> list[Any]:
    return [element for element in elements if element.name in names]
