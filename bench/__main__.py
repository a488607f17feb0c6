"""`script/bench [name…]`: what is measured goes A B A B in one run; never a test that can fail."""

import argparse
import tempfile
from pathlib import Path

from bench import notices, pages, rates, tasks

MEASURED = {
    "requests": rates.measure,
    "pages": pages.measure,
    "tasks": tasks.measure,
    "notices": notices.measure,
}


def main() -> None:
    """Measure what is named, or all, and print a line for each."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(MEASURED)}; all unless some are named")
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement of requests (default 5)")
    parser.add_argument(
        "--rounds", type=int, default=5, help="of A and B in turn (default 5; pages take ten times that)"
    )
    parser.add_argument("--plans", action="store_true", help="print how the database finds each page")
    options = parser.parse_args()
    if unknown := set(options.names) - set(MEASURED):
        parser.error(f"there is no {', '.join(sorted(unknown))} to measure")
    for name in options.names or MEASURED:
        with tempfile.TemporaryDirectory(prefix="aerie-bench-") as folder:
            MEASURED[name](Path(folder), options)


main()
