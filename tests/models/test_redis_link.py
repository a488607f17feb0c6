"""The connection to Redis: shared, healed once, fast to fail, silent for a second."""

import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme

from models import redis_link
from models.errors import Unavailable
from models.redis_line import Line
from models.redis_link import RedisLink
from tests.services.processes import free_port, wait_until
from tests.services.valkey import client


@pytest.fixture
def link(redis_folder: Path) -> RedisLink:
    return RedisLink(f"unix://{redis_folder}/redis.sock")


def works(link: RedisLink) -> bool:
    try:
        return bool(link.run("PING") == "PONG")
    except Unavailable:
        return False


def test_replies_come_in_the_order_of_their_commands(link: RedisLink) -> None:
    replies = link.run_all(("SET", "greeting", "hällo"), ("GET", "greeting"), ("DEL", "greeting"), ("GET", "greeting"))
    assert replies == ["OK", "hällo", 1, None]


def test_a_killed_connection_is_opened_again_once(link: RedisLink, redis_folder: Path) -> None:
    before = link.run("CLIENT", "ID")
    with client(redis_folder) as other:
        assert other.client_kill_filter(_id=before) == 1
    assert link.run("PING") == "PONG"
    assert link.run("CLIENT", "ID") != before


def test_threads_share_a_connection_and_each_gets_its_own_replies(link: RedisLink) -> None:
    def told(number: int) -> list[str]:
        return link.run_all(("ECHO", f"{number}, first"), ("CLIENT", "ID"), ("ECHO", f"{number}, last"))

    with ThreadPoolExecutor(16) as threads:
        replies = list(threads.map(told, range(2000)))
    assert [(first, last) for first, _, last in replies] == [(f"{n}, first", f"{n}, last") for n in range(2000)]
    assert len({connection for _, connection, _ in replies}) == 1


def test_what_is_no_text_harms_nobody_else(link: RedisLink, redis_folder: Path) -> None:
    with client(redis_folder) as other:
        other.set("broken", b"\xff")
        assert link.run_all(("GET", "broken"), ("ECHO", "mine")) == ["\ufffd", "mine"]
        other.delete("broken")


def test_who_is_refused_has_nobody_else_refused(link: RedisLink) -> None:
    def refused(number: int) -> bool:
        try:
            assert link.run("ECHO" if number % 5 else "NONSENSE", number) == str(number)
        except Unavailable:
            return True
        return False

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(refused, range(1000))) == [number % 5 == 0 for number in range(1000)]


@pytest.mark.parametrize("commands", [[("NONSENSE",)], [("SET", "text", "x"), ("LPUSH", "text", "y"), ("DEL", "text")]])
def test_a_command_that_is_refused_is_unavailable_and_silences_nobody(
    link: RedisLink, commands: list[tuple[str, ...]]
) -> None:
    with pytest.raises(Unavailable):
        link.run_all(*commands)
    assert link.run("PING") == "PONG"
    link.run("DEL", "text")


def test_after_a_refused_connection_all_fail_at_once_for_a_second(tmp_path: Path, redis_folder: Path) -> None:
    door = tmp_path / "redis.sock"
    link = RedisLink(f"unix://{door}")
    with pytest.raises(Unavailable):
        link.run("PING")
    failed_at = time.monotonic()
    door.symlink_to(redis_folder / "redis.sock")
    with pytest.raises(Unavailable):
        link.run("PING")
    wait_until(lambda: works(link), seconds=3, what="a link that heals")
    assert time.monotonic() - failed_at > redis_link.SILENCE / 2


def test_a_refused_port_costs_no_time() -> None:
    link = RedisLink(f"redis://127.0.0.1:{free_port()}")
    started = time.monotonic()
    for _ in range(100):
        with pytest.raises(Unavailable):
            link.run("PING")
    assert time.monotonic() - started < 0.3


def test_a_server_that_hangs_is_asked_once_and_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        link = RedisLink(f"redis://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        for _ in range(10):
            with pytest.raises(Unavailable):
                link.run("PING")
        assert time.monotonic() - started < 0.8
        silent.accept()[0].close()
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_after_the_silence_one_tries_and_the_others_still_fail_fast(tmp_path: Path) -> None:
    link = RedisLink(f"unix://{tmp_path}/redis.sock")
    with pytest.raises(Unavailable):
        link.run("PING")
    link._silent_until = time.monotonic()  # the silence is over
    with pytest.raises(ZeroDivisionError), link.watched():
        with pytest.raises(Unavailable), link.watched():
            raise AssertionError("two tried")
        raise ZeroDivisionError


def test_a_reply_that_came_too_late_answers_no_later_command(
    link: RedisLink, redis_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_link, "SILENCE", 0.0)
    link.run("SET", "secret", "somebody's")
    with client(redis_folder) as other:
        other.client_pause(1000, all=True)
        with pytest.raises(Unavailable):
            link.run("GET", "secret")
        assert wait_until(lambda: works(link), seconds=3, what="an unpaused server")
        assert link.run("ECHO", "mine") == "mine"
        other.delete("secret")


def test_a_reply_that_was_not_read_answers_no_later_command(link: RedisLink, monkeypatch: pytest.MonkeyPatch) -> None:
    link.run("SET", "secret", "somebody's")
    with monkeypatch.context() as interrupted, pytest.raises(KeyboardInterrupt):
        interrupted.setattr(Line, "_reply", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        link.run("GET", "secret")
    assert link.run("ECHO", "mine") == "mine"
    link.run("DEL", "secret")


def test_over_tls_too_a_server_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("localhost").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        link = RedisLink(f"rediss://localhost:{listener.getsockname()[1]}?ssl_ca_certs={tmp_path}/ca.pem")
        server = threading.Thread(target=_answer, args=(listener, context, [b"+OK\r\n", b"+OK\r\n", b"+PONG\r\n"]))
        server.start()
        assert link.run("PING") == "PONG"
        started = time.monotonic()
        with pytest.raises(Unavailable):
            link.run("PING")
        assert time.monotonic() - started < 1
        server.join()


def test_what_was_not_asked_for_answers_no_command() -> None:
    """As what a server of RESP3 says by itself; the address may ask for that, and gets RESP2."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        link = RedisLink(f"redis://127.0.0.1:{listener.getsockname()[1]}?protocol=3")
        said: list[bytes] = []
        answers = [b"+OK\r\n", b"+OK\r\n", b"+one\r\n", b"+moving\r\n+two\r\n", b"+never\r\n"]
        servers = [threading.Thread(target=_serve, args=(listener, list(answers), said)) for _ in range(2)]
        for server in servers:
            server.start()
        assert link.run("GET", "1") == "one"
        assert link.run("GET", "2") == "one", "the first of another connection, which was asked again"
        assert link._line is not None
        link._line.close()
        for server in servers:
            server.join()
        assert b"HELLO" not in b"".join(said)


def _serve(listener: socket.socket, answers: list[bytes], said: list[bytes]) -> None:
    connection, _ = listener.accept()
    with connection:
        while received := connection.recv(65536):
            said.append(received)
            connection.sendall(b"".join(answers.pop(0) for _ in range(received.count(b"*"))))


def _answer(listener: socket.socket, context: ssl.SSLContext, answers: list[bytes]) -> None:
    """Serve one client: the answers to its commands, and then nothing until it leaves."""
    with context.wrap_socket(listener.accept()[0], server_side=True) as client_socket:
        while received := client_socket.recv(65536):
            for _ in range(received.count(b"*")):
                if answers:
                    client_socket.sendall(answers.pop(0))
