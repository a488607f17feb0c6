"""`script/bench [name…]`: what is measured goes A B A B in one run; never a test that can fail."""

import argparse
import tempfile
from pathlib import Path

from bench import kept, logins, memory, notices, pages, rates, tasks
from bench.record import Record

MEASURED = {
    "requests": rates.measure,
    "logins": logins.measure,
    "tasks": tasks.measure,
    "notices": notices.measure,
    "memory": memory.measure,
    "pages": pages.measure,
}


def main() -> None:
    """Measure what is named, or all, and print a line for each."""
    options = _options()
    record = Record()
    print(*record.machine_lines(), sep="\n", flush=True)
    for name in options.names or MEASURED:
        print(f"\n{name}:", flush=True)
        with tempfile.TemporaryDirectory(prefix="aerie-bench-") as folder:
            for figure in MEASURED[name](Path(folder), options):
                record.add(name, figure)
                print(figure.line(), flush=True)
        # After each: what comes after it may stop the bench.
        if options.json:
            record.write(options.json)
        if options.keep:
            kept.keep(name, record)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(MEASURED)}; all unless some are named")
    parser.add_argument(
        "--seconds",
        type=int,
        default=5,
        help="of each measurement of requests and log-ins, and idle before memory (default 5)",
    )
    parser.add_argument("--rounds", type=int, default=5, help="of A and B in turn, pages ten times that (default 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the record of this run")
    parser.add_argument("--keep", action="store_true", help="put what comes out into the tables of docs/performance.md")
    parser.add_argument("--plans", action="store_true", help="print how the database finds each page")
    options = parser.parse_args()
    if unknown := set(options.names) - set(MEASURED):
        parser.error(f"there is no {', '.join(sorted(unknown))} to measure")
    if options.seconds < 1 or options.rounds < 1:
        parser.error("--seconds and --rounds are 1 or more")
    return options


if __name__ == "__main__":
    main()
