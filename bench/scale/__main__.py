"""`script/scale measure` and `script/scale simulate`: the figures of docs/scale.md."""

import argparse
from pathlib import Path

from bench.processes import ROOT
from bench.scale import compared, measure, plot, record, scales, tables


def main() -> None:
    """Do what is named."""
    options = _options()
    if options.what == "measure":
        record.save(measure.measure(hurry=options.hurry), options.record)
    else:
        _simulate(record.load(options.record))


def _simulate(measured: record.Measured) -> None:
    """Compare with what was measured, and write tables and plot anew."""
    beside = list(compared.compared(measured))
    for row in beside:
        print(f"{row.what:50} {row.measured:9.2f} {row.simulated:9.2f} {row.unit:10} {row.ratio:.2f}", flush=True)
    designed = list(scales.as_designed(measured))
    taken_over = list(scales.with_what_takes_over(measured))
    tables.put("costs", tables.costs(measured))
    tables.put("comparison", tables.comparison(beside))
    tables.put("carried", tables.carried(scales.carried(measured)))
    tables.put("designed", tables.scales(designed))
    tables.put("taken over", tables.scales(taken_over))
    plot.draw(ROOT / "docs" / "scale.svg", designed, taken_over)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/scale", description=__doc__)
    parser.add_argument("what", choices=["measure", "simulate"])
    parser.add_argument("--hurry", type=float, default=1.0, help="measure for so much of the time (default 1)")
    parser.add_argument("--record", type=Path, default=record.FILE, metavar="FILE", help="instead of the one committed")
    return parser.parse_args()


if __name__ == "__main__":
    main()
