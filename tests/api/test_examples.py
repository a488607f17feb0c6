"""Every operation has an example that fits it; tests/system/test_examples.py runs them."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from api import openapi
from api.app import ROUTES
from api.example_requests import REQUESTS
from api.examples import PROBLEMS_OF

DOCUMENT = msgspec.json.decode(openapi.document(ROUTES))
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}


def check(schema: dict[str, Any], example: Any) -> None:
    checked = Draft202012Validator(
        {**schema, "components": DOCUMENT["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    checked.validate(example)


def answered() -> Iterator[str]:
    """The name of every schema that some answer refers to."""
    for operation in OPERATIONS.values():
        for answer in operation["responses"].values():
            for content in answer.get("content", {}).values():
                yield from re.findall(r"#/components/schemas/(\w+)", str(content["schema"]))


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_an_example_to_paste(name: str) -> None:
    operation = OPERATIONS[name]
    samples = operation["x-codeSamples"]
    assert samples
    assert len({sample["label"] for sample in samples}) == len(samples)
    for sample in samples:
        assert f"\n```sh\n{sample['source']}\n```" in operation["description"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_says_more_than_its_summary(name: str) -> None:
    operation = OPERATIONS[name]
    said = operation["description"].partition("\n\nFor example")[0]
    assert said.endswith(".")
    assert said != f"{operation['summary']}."


@pytest.mark.parametrize("name", OPERATIONS)
def test_examples_of_bodies_fit_their_schemas(name: str) -> None:
    for content in OPERATIONS[name].get("requestBody", {}).get("content", {}).values():
        assert content["examples"]
        for example in content["examples"].values():
            check(content["schema"], example["value"])


@pytest.mark.parametrize("name", OPERATIONS)
def test_examples_in_paths_fit_their_schemas_and_none_is_one_click_from_being_changed(name: str) -> None:
    for parameter in OPERATIONS[name]["parameters"]:
        if parameter["in"] == "path" and name.startswith("GET "):
            check(parameter["schema"], parameter["example"])
        elif not name.startswith("HEAD "):
            assert "example" not in parameter


@pytest.mark.parametrize("name", OPERATIONS)
def test_examples_of_problems_have_the_status_and_the_schema_of_their_answer(name: str) -> None:
    for status, answer in OPERATIONS[name]["responses"].items():
        content = answer.get("content", {}).get("application/problem+json")
        if content:
            check(content["schema"], content["example"])
            assert content["example"]["status"] == int(status)


@pytest.mark.parametrize("name", sorted(set(answered()) - {"ProblemDocument"}))
def test_every_document_that_is_answered_has_an_example_that_fits(name: str) -> None:
    assert SCHEMAS[name]["examples"]
    for example in SCHEMAS[name]["examples"]:
        check(SCHEMAS[name], example)


def test_there_are_no_examples_of_what_there_is_not() -> None:
    there = {(method, path) for path, item in DOCUMENT["paths"].items() for method in item}
    answers = {
        (method, path, int(status)) for method, path in there for status in DOCUMENT["paths"][path][method]["responses"]
    }
    assert set(REQUESTS) <= there
    assert set(PROBLEMS_OF) <= answers
