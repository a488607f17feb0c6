"""`script/soak`: everything at work under load, a fault each minute, and a plot of what was to be seen."""

import argparse
import random
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.soak import plot, verdict
from bench.soak.flat import check_flat
from bench.soak.lateness import lateness
from bench.soak.looks import Watch
from bench.soak.people import Promised
from bench.soak.scene import Happened, let_happen, people, scene, tended

# In minutes: in less time all that is to be seen is how processes begin.
SAYS_WHAT_GROWS = 5


def main() -> None:
    """Run for so long, assert what must hold, and draw."""
    options = _options()
    print(f"seed {options.seed}, {options.minutes:g} minutes on {options.database}", flush=True)
    promised, happened = Promised(), list[Happened]()
    with scene(options.database, options.seed) as at_work:
        began, since = time.monotonic(), datetime.now(UTC)
        watch = Watch(at_work.house.ask_database, promised.answers)
        with tended(at_work, watch, began):
            with people(at_work, promised) as others:
                for each in let_happen(at_work, every=options.every, until=began + options.minutes * 60):
                    happened.append(each)
                    print(f"{(each.began - began) / 60:5.1f} min  {each.fault.__doc__}", flush=True)
            verdict.wait_for_the_end(at_work.house)
        late = lateness(at_work.house.ask_database, since)
        marks = [((each.began - began) / 60, each.fault.__name__.replace("_", " ")) for each in happened]
        plot.draw(options.plot, watch.looks, late, marks)
        verdict.check_promises(at_work.house, at_work.counter, promised, others)
        verdict.check_answers(promised.answers, happened)
        verdict.check_healed(promised.answers, happened)
        if options.minutes >= SAYS_WHAT_GROWS:
            check_flat(watch.looks, watch.lives)
    print(f"{len(promised.answers):,} answers, {len(happened)} faults: everything holds.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="default 30")
    parser.add_argument("--every", type=float, default=60, metavar="SECONDS", help="a fault (default 60)")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="of what happens when")
    parser.add_argument("--database", choices=["postgres", "sqlite"], default="postgres")
    parser.add_argument("--plot", type=Path, default=Path("soak.svg"), metavar="FILE", help="default soak.svg")
    return parser.parse_args()


if __name__ == "__main__":
    main()
