"""One actor's requests: all that the document's limits suggest, then random ones, up to a number."""

import random
import re
from typing import Any

import schemathesis
from schemathesis import engine
from schemathesis.engine.core import EventStream
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.engine.recorder import ScenarioRecorder

from tests.chaos.house import House
from tests.fuzz import formats
from tests.fuzz.actor import Actor, Sessions
from tests.fuzz.judging import ACCEPTED, LOG_IN, REFUSED, filter_failure
from tests.fuzz.report import Kind, Report

# What the document's limits suggest and a little that is random; then the random alone, in legs, since Hypothesis
# remembers every case of one. `max-examples` is for each operation. As nobody, nearly all that the limits suggest is
# 401 before anybody looks at a limit, and is left out.
FIRST: dict[str, Any] = {
    "fuzzing": {"generation": {"max-examples": 5}},
    "stateful": {"generation": {"max-examples": 10}},
}
LATER: dict[str, Any] = {
    "examples": {"enabled": False},
    "coverage": {"enabled": False},
    "fuzzing": {"generation": {"max-examples": 100}},
    "stateful": {"generation": {"max-examples": 200}},
}
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
_TOKEN = re.compile(r"'Authorization: Bearer eyJ[\w.-]+'")


def ask(house: House, actor: Actor, *, cases: int, seed: int) -> Report:
    """Ask until so many cases are made, and all that the document's limits suggest."""
    formats.register()
    report = Report(actor, seed)
    sessions = None if actor is Actor.ANONYMOUS else Sessions(house, actor)
    first = FIRST if sessions else FIRST | {"coverage": {"enabled": False}}
    schema = _schema(house, sessions, first, seed=seed)
    _follow(engine.from_schema(schema).execute(), report)
    seeds = random.Random(seed)
    while report.cases < cases and not report.errors:
        schema = _schema(house, sessions, LATER, seed=seeds.getrandbits(32))
        _follow(engine.from_schema(schema).execute(), report, until=cases)
    return report


def _schema(house: House, sessions: Sessions | None, phases: dict[str, Any], *, seed: int) -> Any:
    """The document that the server itself serves, with what is to be done around each case."""
    config = schemathesis.Config.from_dict(
        {
            "seed": seed,
            # What earlier runs have learned would be no part of the seed.
            "cache": {"enabled": False},
            "continue-on-failure": True,
            "request-timeout": 40,
            "auth": {"auto-signup": False},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": ACCEPTED},
                "negative_data_rejection": {"expected-statuses": REFUSED},
            },
            "generation": {"database": "none", "no-shrink": True},
            "phases": phases,
            "output": {"sanitization": {"enabled": False}, "truncation": {"enabled": False}},
        }
    )
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{house.port}/openapi.json", config=config)
    schema.hook(filter_failure)
    if sessions is not None:
        _sign_in(schema, sessions)
    return schema


def _sign_in(schema: Any, sessions: Sessions) -> None:
    @schema.auth(refresh_interval=None)
    class Bearer:
        def get(self, case: Any, context: Any) -> str:
            return f"Bearer {sessions.token}"

        def set(self, case: Any, data: str, context: Any) -> None:
            case.headers["Authorization"] = data

    def after_call(context: Any, case: Any, response: Any) -> None:
        sent = response.request.headers.get("Authorization")
        if response.status_code == 401 and sent == f"Bearer {sessions.token}" and case.operation.label != LOG_IN:
            sessions.renew()

    schema.hook(after_call)


def _follow(events: EventStream, report: Report, *, until: int | None = None) -> None:
    """Take in what the engine says, until there are so many cases, or it ends."""
    for event in events:
        if isinstance(event, ScenarioFinished):
            _take(event.recorder, report)
        elif isinstance(event, NonFatalError):
            report.errors.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, FatalError):
            report.errors.append(repr(event.exception))
        if until is not None and report.cases >= until:
            events.stop()


def _take(recorder: ScenarioRecorder, report: Report) -> None:
    for case, checks in recorder.checks.items():
        # What checks ask for themselves is no case.
        answer = recorder.interactions[case].response
        assert answer is not None
        report.statuses[answer.status_code] += 1
        for check in checks:
            if check.failure_info is not None:
                failure, steps = check.failure_info.failure, check.failure_info.steps
                command = "\n".join(step.curl for step in steps) or check.failure_info.code_sample
                kind = Kind(check.name, failure.title, failure.operation or recorder.label)
                report.add(kind, f"{failure.message}\n{answer.status_code}: {answer.text}", as_pasted(command))


def as_pasted(command: str) -> str:
    """A command for another server, where the token is another's: $TOKEN, as in all our examples."""
    return _ADDRESS.sub("http://localhost:8000", _TOKEN.sub('"Authorization: Bearer $TOKEN"', command))
