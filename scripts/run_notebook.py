"""Run the notebook of the docs from top to bottom and keep what it shows.

    .venv/bin/python scripts/run_notebook.py [--out docs/notebooks/write_up.ipynb]

A minute or two on two quiet cores. Whatever stood below its steps before is replaced. The
environment decides how long it takes: ``WRITE_UP_EPOCHS``, ``WRITE_UP_DRAWN`` (pictures),
``WRITE_UP_BUDGET`` and ``WRITE_UP_SEEDS`` (of the active-learning step); ``WRITE_UP_PICTURES``
names a folder of one's own, of which nothing must be kept in the repository.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "docs" / "notebooks" / "write_up.ipynb"
STEP_SECONDS = 7200


def run(notebook: Path) -> nbformat.NotebookNode:
    """Return a notebook with fresh outputs; its first error ends the run."""
    document = nbformat.read(notebook, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            document,
            timeout=STEP_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            record_timing=False,
        ).execute()
    return document


def main() -> int:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--out", type=Path, default=NOTEBOOK)
    options = arguments.parse_args()
    nbformat.write(run(NOTEBOOK), options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
