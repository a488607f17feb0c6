"""`script/fuzz`: send what nobody thought of, as nobody, as a user and as an admin; 1 if anything is found."""

import argparse
import secrets
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.fuzz.actor import Actor
from tests.fuzz.run import run

CASES = 200_000


def main() -> None:
    """Run as each actor at once, every one with a server of its own, and print what came of it."""
    options = _options()
    seed = secrets.randbits(32) if options.seed is None else options.seed
    print(f"script/fuzz --cases {options.cases} --seed {seed}", flush=True)
    actors = options.actors or list(Actor)
    began = time.monotonic()
    with ProcessPoolExecutor(len(actors), get_context("spawn")) as pool:
        runs = [pool.submit(run, each, cases=-(-options.cases // len(actors)), seed=seed) for each in actors]
        reports = [each.result() for each in runs]
    for report in reports:
        print(*report.lines(), sep="\n", flush=True)
    made = sum(report.cases for report in reports)
    print(f"{made} cases in {time.monotonic() - began:.0f} s")
    sys.exit(not (made >= options.cases and all(report.is_clean for report in reports)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/fuzz", description=__doc__)
    parser.add_argument("actors", nargs="*", type=Actor, metavar="actor", help=f"of {', '.join(Actor)} (default all)")
    parser.add_argument("--cases", type=int, default=CASES, help=f"of all actors together (default {CASES})")
    parser.add_argument("--seed", type=int, help="what is random hangs on it; a new one unless it is given")
    options = parser.parse_args()
    if options.cases < 1:
        parser.error("--cases is 1 or more")
    return options


if __name__ == "__main__":
    main()
