"""Tells the counter server of defects that were reported or deleted, again and again until it has answered well."""

import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

import requests

import logs
from models.notification import Notification
from models.stores import DATABASE_FAULTS, check_connection, drop_connection, opened
from workers.outgoing import ANSWERS_WITHIN, post


def deliver(notice_id: int) -> None:
    """Deliver a notice, if it is there to be delivered now."""
    check_connection()
    try:
        notice = Notification.claim(notice_id)
        if notice is not None:
            logs.request_id.set(notice.request_id)
            _tell(notice)
    except DATABASE_FAULTS as fault:
        # The row says what is to do; when its lease ends, somebody does it.
        drop_connection()
        logs.warning("notice left", notice=notice_id, fault=type(fault).__name__)
    finally:
        logs.request_id.set(None)


def _tell(notice: Notification) -> None:
    url = opened.settings.counter_url
    if url is None:
        return notice.postpone("COUNTER_URL is not set.")
    try:
        status, headers = post(url, {"user": notice.user_id, "action": notice.action}, headers=_headers(notice))
        at_least = _retry_after(headers)
    except requests.Timeout:
        return notice.postpone(f"There was no answer within {ANSWERS_WITHIN} s.")
    except requests.exceptions.SSLError:
        return notice.postpone("There is no TLS there with a certificate that is trusted.")
    except (requests.RequestException, OSError) as fault:
        # Its text may quote the address, with a password in it.
        return notice.postpone(f"There was no answer: {type(fault).__name__}.")
    except Exception as error:
        # Whatever a server has thought of that nobody here has, its notice rests and ends as all do.
        logs.failure("unexpected error", error)
        return notice.postpone(f"The answer could not be read: {type(error).__name__}.")
    if 200 <= status < 300:
        return notice.confirm()
    notice.postpone(f"The answer was {status}.", at_least=at_least)


def _headers(notice: Notification) -> dict[str, str]:
    headers = {"Idempotency-Key": notice.key}
    return headers if notice.request_id is None else headers | {"X-Request-ID": notice.request_id}


def _retry_after(headers: Mapping[str, str]) -> float:
    """The pause that the server asks for, in seconds, however long; 0.0 if it asks for none, or unreadably."""
    given = headers.get("Retry-After", "").strip()
    if given.isascii() and given.isdigit():
        return float(given)
    try:
        until = parsedate_to_datetime(given)
    except (ValueError, OverflowError):
        return 0.0
    return max(0.0, until.replace(tzinfo=until.tzinfo or UTC).timestamp() - time.time())
