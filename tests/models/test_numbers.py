"""Which JSON numbers a double keeps."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hooks.media import decoded
from models.numbers import MOST_IN_DATA, DoubleReader, as_double
from models.profile import checked_data

A_TENTH = 0.1
EXACTLY_A_TENTH = f"{Decimal(A_TENTH)}"
DOUBLES = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    "text",
    [
        "0.0", "-0.0", "0e999999999999999999999", "0.1", "1.50", "1e2", "1E+2", "-12.5e-3", "123456789.123456",
        "9.99999999999999e307", "1.7976931348623157e308", "2.2250738585072014e-308", "5e-324", "4.9e-324",
        "8.0999999999999996", "0.10000000000000001", "8.10000000000000000000000000000", f"1.{'0' * 5000}",
        f"0.{'0' * 5000}1e5000", EXACTLY_A_TENTH, f"{Decimal(2**-1074)}", "123456789123456.12",
    ],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_a_number_that_a_double_keeps_is_that_double(text: str) -> None:
    assert as_double(text) == float(text)
    assert isinstance(as_double(text), float)


@pytest.mark.parametrize(
    "text",
    [
        "123456789123456.12345", "90071992547409.93", "9007199254740993.0", "1e-400", "-1e-400", "1e400", "-1e400",
        "1e-999999999999999999999", "1e999999999999999999999", "1.234567e-320", "3e-324",
        "0.1000000000000000055511151231257827021181583404541015626", f"0.{'1' * 5000}", f"{EXACTLY_A_TENTH}{'0' * 99}1",
    ],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_a_number_that_a_double_would_change_comes_as_a_decimal(text: str) -> None:
    assert isinstance(as_double(text), Decimal)


@settings(deadline=None)
@given(DOUBLES, st.integers(16, 20))
def test_every_double_is_kept_however_many_digits_a_client_writes(number: float, digits: int) -> None:
    for text in (json.dumps(number), f"{number:.17g}", f"{number:.{digits}e}", f"{Decimal(number):f}"):
        kept = as_double(text)
        assert isinstance(kept, float), text
        assert kept == number


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**11), max_value=10**11))
def test_an_amount_of_up_to_15_digits_is_kept(amount: Decimal) -> None:
    kept = as_double(f"{amount:f}")
    assert isinstance(kept, float)
    assert Decimal(repr(kept)) == amount


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20))
def test_what_is_kept_reads_the_same_with_as_many_digits_as_were_sent(number: Decimal) -> None:
    kept = as_double(f"{number:f}")
    if isinstance(kept, float) and kept != 0:
        digits = len(number.normalize().as_tuple().digits)
        assert number in (Decimal(f"{kept:.{digits - 1}e}"), Decimal(repr(kept)))


def test_a_document_of_more_doubles_than_data_holds_is_not_read_to_its_end() -> None:
    """1 MB of hostile ones would hold the interpreter for 2 s, of anonymous clients too."""
    read = DoubleReader()
    assert {read("4.9e-324") for _ in range(MOST_IN_DATA)} == {5e-324}
    assert read("0.5") == Decimal("Infinity")
    again = ",".join(['"a": 0.5'] * MOST_IN_DATA)
    with pytest.raises(ValueError, match="can't be kept exactly"):
        checked_data(decoded(b'{%s, "price": 9.99}' % again.encode(), dict[str, Any]))
    with pytest.raises(ValueError, match="64 KiB"):
        checked_data({"a": [0.5] * MOST_IN_DATA})
