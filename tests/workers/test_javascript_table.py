"""console.table: what its tables look like."""

import pytest

from tests.workers.in_sandbox import run


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            "[{a: 1, b: 'x'}, {b: null, c: [2]}]",
            """
┌─────────┬───┬──────┬─────┐
│ (index) │ a │ b    │ c   │
├─────────┼───┼──────┼─────┤
│ 0       │ 1 │ "x"  │     │
│ 1       │   │ null │ [2] │
└─────────┴───┴──────┴─────┘""",
        ),
        (
            "{x: 1, y: {a: 2}}",
            """
┌─────────┬───┬────────┐
│ (index) │ a │ Values │
├─────────┼───┼────────┤
│ x       │   │ 1      │
│ y       │ 2 │        │
└─────────┴───┴────────┘""",
        ),
        (
            "[{a: 1, b: 2}], ['b', 'c']",
            """
┌─────────┬───┬───┐
│ (index) │ b │ c │
├─────────┼───┼───┤
│ 0       │ 2 │   │
└─────────┴───┴───┘""",
        ),
        (
            "new Map([['a', 1]])",
            """
┌───────────────────┬─────┬───────┐
│ (iteration index) │ Key │ Value │
├───────────────────┼─────┼───────┤
│ 0                 │ "a" │ 1     │
└───────────────────┴─────┴───────┘""",
        ),
        (
            "new Set(['a'])",
            """
┌───────────────────┬────────┐
│ (iteration index) │ Values │
├───────────────────┼────────┤
│ 0                 │ "a"    │
└───────────────────┴────────┘""",
        ),
        (
            "new Set([1, {get a() { throw 1 }, b: 2}, 3])",
            """
┌───────────────────┬──────────┬───┬────────┐
│ (iteration index) │ a        │ b │ Values │
├───────────────────┼──────────┼───┼────────┤
│ 0                 │          │   │ 1      │
│ 1                 │ [Throws] │ 2 │        │
│ 2                 │          │   │ 3      │
└───────────────────┴──────────┴───┴────────┘""",
        ),
        (
            "new Set([1, new Proxy({}, {ownKeys() { throw 1 }}), 3])",
            "\nSet(3) {1,(something that can't be shown),3}",
        ),
        ("{a: 1, get b() { throw 1 }}", '\n{"a":1,"b":[Throws]}'),
        ("'no table'", "\nno table"),
        ("new Proxy({}, {ownKeys() { throw 1 }})", "\n(something that can't be shown)"),
    ],
)
def test_a_table_has_a_row_a_member_and_a_column_a_property(given: str, expected: str) -> None:
    outcome = run(f"console.table({given})")
    assert ["\n" + line.text for line in outcome.logs] == [expected]
