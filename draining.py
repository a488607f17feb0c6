"""Whether this machine is about to stop: gunicorn's master says so, and every process that it has forked knows."""

import mmap

_NOT_YET, _BEGUN, _ENDED = range(3)
_phase = mmap.mmap(-1, 1)


def begin() -> None:
    """Send new requests elsewhere from now on, and serve those who come all the same."""
    _phase[0] = max(_phase[0], _BEGUN)


def has_begun() -> bool:
    """Whether new requests should go elsewhere."""
    return _phase[0] != _NOT_YET


def end() -> None:
    """Serve only those who have come by now."""
    _phase[0] = _ENDED


def has_ended() -> bool:
    """Whether nobody is to be served but those who have come already."""
    return _phase[0] == _ENDED
