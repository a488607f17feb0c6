"""Where schemathesis is wrong about us, each with its reason; all of its checks are on."""

from typing import Any

from schemathesis.core import NOT_SET
from schemathesis.openapi.checks import RejectedPositiveData, UseAfterFree

LOG_IN = "POST /auth"
# 412 and 422 beside schemathesis' own: a document can't say which ETag is the last, nor which Idempotency-Key has done
# something else, and Aerie answers 412 and 422 to nothing but those.
ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "412", "422", "429", "503"]
# Without 409 and 422: fields are looked at before what stands in their way, and a name that is taken would hide that
# nobody looked. With 412, since what is no ETag is not the last one either, and with 414, since gunicorn looks at how
# long an address is before anybody looks at what it says.
REFUSED = ["400", "401", "403", "404", "405", "412", "413", "414", "415", "429"]


def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether a failure is one."""
    if isinstance(failure, UseAfterFree):
        # DELETE stops a task; what it was stays to be read.
        return not case.path.startswith("/tasks/")
    if not isinstance(failure, RejectedPositiveData):
        return True
    # Without a body, log-in takes HTTP Basic; a document can't say that it wants one of the two.
    names_nobody = case.operation.label == LOG_IN and case.body is NOT_SET
    # schemathesis 4.32.5 holds a 0 for a header's string, whatever the string's pattern.
    has_no_etag = "0" in (case.headers.get("If-Match"), case.headers.get("If-None-Match"))
    # It takes names from Location, too, as they are written there.
    has_quoted_name = isinstance(case.body, dict) and "%" in str(case.body.get("username"))
    return not (names_nobody or has_no_etag or has_quoted_name or _is_about_the_password(response))


def _is_about_the_password(response: Any) -> bool:
    """Whether it is refused for what no document can say: which are common, and which change needs the old one."""
    faults = response.json().get("errors", []) if response.content else []
    about = [each["field"] == "current_password" or "Choose another;" in each["message"] for each in faults]
    return bool(about) and all(about)
