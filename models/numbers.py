"""JSON numbers with a fraction or an exponent, kept as IEEE 754 doubles."""

from decimal import Decimal

# A double keeps every number of this many digits, within the range of full precision.
DIGITS_ALWAYS_KEPT = 15
SMALLEST_NORMAL = 2.0**-1022
# 64 KiB of JSON hold no more, of "0.5," each.
MOST_IN_DATA = 64 * 1024 // 4
NOT_READ = Decimal("Infinity")
# No double has more significant digits.
DIGITS_OF_LONGEST_DOUBLE = 767


class DoubleReader:
    """Reads the doubles of one document.

    One that has more of them than `data` can hold has most of them in unknown fields, or under one name. The rest are
    not read, since a hostile one takes 10 µs, and are refused in `data`.
    """

    def __init__(self) -> None:
        self._left = MOST_IN_DATA

    def __call__(self, text: str) -> float | Decimal:
        """Read the next one, as `as_double` does."""
        self._left -= 1
        return as_double(text) if self._left >= 0 else NOT_READ


def as_double(text: str) -> float | Decimal:
    """Read a number; a double that stands for another number than was sent comes as a Decimal, to be refused.

    Some clients write doubles with 17 digits (8.0999999999999996 for 8.1) or more. So a double keeps a number if it
    is the same number when it is written with as many digits, or with as few as tell it from all other doubles.
    """
    number = float(text)
    return number if _is_kept(text, number) else Decimal(number)


def _is_kept(text: str, number: float) -> bool:
    if repr(number) == text:
        return True
    digits = len(text.lower().partition("e")[0].replace(".", "").lstrip("-0").rstrip("0"))
    if digits <= DIGITS_ALWAYS_KEPT and SMALLEST_NORMAL <= abs(number) < float("inf"):
        return True
    if digits == 0 or number in (0, float("inf"), float("-inf")):
        return digits == 0
    if digits > DIGITS_OF_LONGEST_DOUBLE:
        return False
    return Decimal(text) in (Decimal(f"{number:.{digits - 1}e}"), Decimal(repr(number)))
