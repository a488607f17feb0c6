"""Connections get threads in turn for each client network."""

import time
from ipaddress import IPv4Network, IPv6Network

import pytest

from server.fair_dispatch import ACTIVE_SECONDS, REST_SECONDS, FairDispatch
from server.networks import client_network


def taken(dispatch: FairDispatch[str], most: int = 100) -> list[str]:
    found = [dispatch.take() for _ in range(most)]
    return [each for each in found if each is not None]


def filled(*connections: str, threads: int = 10, alone: int = 10, shared: int = 10) -> FairDispatch[str]:
    """With these connections; the network of each is its first letter."""
    dispatch = FairDispatch[str](threads=threads, alone=alone, shared=shared, slow=2)
    for each in connections:
        dispatch.add(each[0], each)
    return dispatch


def test_networks_take_turns_and_each_keeps_its_order() -> None:
    assert taken(filled("a1", "a2", "a3", "b1", "b2", "c1")) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_there_are_as_many_as_threads() -> None:
    dispatch = filled("a1", "a2", "b1", threads=2)
    assert taken(dispatch) == ["a1", "b1"]
    dispatch.done("b")
    assert taken(dispatch) == ["a2"]


def test_a_network_leaves_threads_to_others() -> None:
    dispatch = filled("a1", "a2", "a3", threads=4, alone=2, shared=2)
    assert taken(dispatch) == ["a1", "a2"]
    dispatch.add("b", "b1")
    assert taken(dispatch) == ["b1"]
    dispatch.done("a")
    assert taken(dispatch) == ["a3"]


def test_a_network_has_fewer_threads_while_another_is_active(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    dispatch = filled("a1", "a2", "a3", "a4", "a5", alone=4, shared=2)
    assert taken(dispatch) == ["a1", "a2", "a3", "a4"]
    dispatch.add("b", "b1")
    assert taken(dispatch) == ["b1"]
    for network in ("a", "a", "b"):
        dispatch.done(network)
    now += ACTIVE_SECONDS / 2
    dispatch.add("a", "a6")
    assert taken(dispatch) == [], "two run, and the other network was active a moment ago"
    now += ACTIVE_SECONDS / 2 + 0.1
    assert taken(dispatch) == ["a5", "a6"]


def test_a_proxy_is_active_as_a_network_is_and_has_all_threads_itself() -> None:
    dispatch = filled("a1", "a2", alone=4, shared=1)
    dispatch.add(None, "proxy1")
    dispatch.add(None, "proxy2")
    assert taken(dispatch) == ["a1", "proxy1", "proxy2"]


def test_connections_of_no_network_have_all_threads() -> None:
    dispatch = FairDispatch[str](threads=4, alone=1, shared=1, slow=2)
    for number in range(5):
        dispatch.add(None, f"proxy{number}")
    assert taken(dispatch) == ["proxy0", "proxy1", "proxy2", "proxy3"]


def test_a_network_has_one_slow_request_at_a_time_and_all_have_two() -> None:
    dispatch = filled("a1", "b1")
    for each in ("a2", "a3", "b2", "c2"):
        dispatch.add(each[0], each, is_slow=True)
    assert taken(dispatch) == ["a1", "b1", "a2", "b2"]
    dispatch.done("a")
    assert taken(dispatch) == [], "a thread is free, but not for a slow one"
    dispatch.done("b", was_slow=True)
    assert taken(dispatch) == ["c2"]
    dispatch.done("a", was_slow=True)
    assert taken(dispatch) == ["a3"]


def test_slow_requests_behind_a_proxy_leave_threads_too() -> None:
    dispatch = FairDispatch[str](threads=4, alone=1, shared=1, slow=2)
    for number in range(3):
        dispatch.add(None, f"slow{number}", is_slow=True)
    dispatch.add(None, "quick")
    assert taken(dispatch) == ["slow0", "quick", "slow1"]


def test_a_network_that_was_refused_rests_and_others_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    dispatch = filled("a1", "b1", "a2")
    dispatch.add(None, "proxy")
    for network in ("a", "a", None):
        dispatch.rest(network)
    assert taken(dispatch) == ["b1", "proxy"]
    assert dispatch.is_resting
    now += 1.9 * REST_SECONDS
    assert taken(dispatch) == [], "two refusals, two rests"
    now += 0.2 * REST_SECONDS
    assert not dispatch.is_resting
    assert taken(dispatch) == ["a1", "a2"]


def test_the_network_of_a_peer_is_none_for_proxies_and_unix_sockets() -> None:
    proxies = (IPv4Network("192.0.2.0/24"), IPv6Network("2001:db8:9::/48"))
    peers = [("192.0.2.7", 1), ("::ffff:192.0.2.7", 1, 0, 0), ("2001:db8:9::1", 1, 0, 0), "", ("198.51.100.7", 1)]
    assert [client_network(peer, proxies) for peer in peers] == [None, None, None, None, "198.51.100.7"]
    assert client_network(("::ffff:198.51.100.7", 1, 0, 0), proxies) == "198.51.100.7"
    assert client_network(("2001:db8:1:2::3", 1, 0, 0), proxies) == "2001:db8:1:2::/64"
