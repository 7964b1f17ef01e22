"""Run every test with branch coverage: ``python3 scripts/test.py``.

Sets up a private environment first, once, and where that is possible Debian's Chromium and ONNX
Runtime for browsers. Further arguments go to pytest. Without arguments the run fails when less than
85% of the branches of src are covered.
"""

import os
import shutil
import subprocess
import sys

from environment import ROOT, python_with

WHOLE_SUITE = [
    "--numprocesses=2",
    "--dist=loadfile",  # what a file of tests makes once, say a trained model, is made once
    "--cov",
    "--cov-report=term",
    "--cov-fail-under=85",
]


def install_chromium() -> None:
    """Install the browser for the tests of pages; where it cannot be, they are skipped."""
    if any(map(shutil.which, ("chromium", "chromium-browser"))):
        return
    if not shutil.which("apt-get") or os.geteuid() != 0:
        print("There is no Chromium: the tests of pages are skipped.", flush=True)
        return
    print("Installing Chromium for the tests of pages (once)", flush=True)
    settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = ("chromium", "fonts-dejavu-core")
    for step in (("update", "-q"), ("install", "-yq", "--no-install-recommends", *packages)):
        subprocess.run(["apt-get", *step], env=settings, check=False, stdin=subprocess.DEVNULL)


def get_browser_runtime(python: os.PathLike[str]) -> None:
    """Let npm get what exported pages run on; where it cannot, their tests are skipped."""
    code = "from happysad.web_export.runtime import files; files()"
    settings = {**os.environ, "HAPPYSAD_HOME": str(ROOT / ".cache" / "home")}
    done = subprocess.run(
        [python, "-c", code], env=settings, check=False, stderr=subprocess.PIPE, text=True
    )
    if done.returncode:
        print(f"The tests of exported pages are skipped: {done.stderr.strip()[-300:]}", flush=True)


def main() -> int:
    if not sys.argv[1:]:
        install_chromium()
    python = python_with("requirements-dev.txt", "keras", "pytest_cov", "xdist")
    if not sys.argv[1:]:
        get_browser_runtime(python)
    command = [python, "-m", "pytest", *(sys.argv[1:] or WHOLE_SUITE)]
    # Two processes share the processors; without this each would start a thread for every one.
    settings = {"OMP_NUM_THREADS": "2", "TF_NUM_INTRAOP_THREADS": "2", **os.environ}
    return subprocess.run(command, cwd=ROOT, env=settings, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
