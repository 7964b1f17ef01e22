"""Many callers at once at ``happysad serve``, and at a naive FastAPI and Keras service.

    python benchmarks/service_load.py [--seconds 30] [--requests 10000] [--out benchmarks/results]

32 clients ask, one picture a request, as fast as they are answered. Three services take turns of
ten seconds: happysad with a model of preset ``seed``, the naive service with the same network as a
.keras file, and happysad with the model that ships. Every answer is compared with the command
line's for that picture; every picture is asked about three times before the clock starts. Then the
same load meets a queue of 8 pictures: refusals have to say when to come again. With ``--requests``
happysad with the seed network also answers so many requests, and memory at the end is compared with
that at the beginning. The callers share the machine with the services, so a busy one slows all; the
processor time of a picture tells more then.

Expected on two cores: no wrong answer, memory within 10% after warm-up, several times the naive
service's pictures a second; four minutes, and about three more for 10,000 requests.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from callers import CLIENTS, Load, form, loaded
from measuring import HAPPYSAD, Mark, Result, a_model, finish, parser, run

PICTURES = 48
SMALL_QUEUE = 8
ROUNDS = 3
CLOSE = 1e-6
NAIVE = Path(__file__).resolve().parent / "naive_service.py"


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--seconds", type=float, default=30.0)
    arguments.add_argument("--requests", type=int, default=0, help="of a longer run for memory")
    options = arguments.parse_args()
    pictures = some_pictures(options.data / "seed", options.work / "service-pictures")
    seed = a_model(options.work)
    with ExitStack() as running:
        ours, naive, shipped = (
            running.enter_context(service)
            for service in (
                happysad(seed, pictures),
                served([sys.executable, NAIVE, as_keras(seed)], pictures),
                happysad("default", pictures),
            )
        )
        for service in (ours, naive, shipped):
            service.load(requests=ROUNDS * len(pictures))
            service.load_so_far = Load()
        for _ in range(ROUNDS):
            for service in (ours, naive, shipped):
                service.load(seconds=options.seconds / ROUNDS)
        with happysad("default", pictures, queue=SMALL_QUEUE) as small:
            small.load(seconds=options.seconds / ROUNDS)
        long = Load()
        if options.requests:
            long = ours.ask_all(requests=options.requests)
    loads = [service.load_so_far for service in (ours, naive, shipped, small)]
    result = Result(
        "service_load",
        "python benchmarks/service_load.py"
        + (f" --requests {options.requests}" if options.requests else ""),
        marks=marks(loads, long),
        figures=figures(loads, long, pictures),
    )
    return finish(result, options.out)


def marks(loads: Sequence[Load], long: Load) -> list[Mark]:
    ours, naive, shipped, small = loads
    runs = (ours, shipped, small, long)
    made = [
        Mark("answers that differ from the command line's", sum(r.wrong for r in runs), at_most=0),
        Mark("failed requests", sum(r.failed for r in runs), at_most=0),
        Mark("refusals without Retry-After", sum(r.silent for r in runs), at_most=0),
        Mark("refusals of a queue of 8", small.refused, at_least=1),
        Mark("a refusal takes, ms (median)", statistics.median(small.refusals), at_most=100),
        Mark("seed: memory, last over first after warm-up", ours.drift, at_most=1.1),
        Mark("shipped: memory, last over first after warm-up", shipped.drift, at_most=1.1),
        Mark(
            "seed: pictures a second over the naive service's", ours.rate / naive.rate, at_least=1
        ),
    ]
    if long.memory:
        made.append(Mark("seed: memory over the longer run", long.drift, at_most=1.1))
    return made


def figures(loads: Sequence[Load], long: Load, pictures: Sequence[Path]) -> dict[str, object]:
    ours, naive, shipped, small = loads
    sizes = [path.stat().st_size for path in pictures]
    told: dict[str, object] = {
        "clients": CLIENTS,
        "pictures": f"{len(pictures)}, median {statistics.median(sizes) / 1000:.0f} kB",
        "load average before and after": f"{BEFORE[0]:.1f}, {os.getloadavg()[0]:.1f}",
    }
    for name, load in (
        ("happysad serve, seed network", ours),
        ("FastAPI and Keras, the same network", naive),
        ("happysad serve, shipped model", shipped),
    ):
        told[name] = (
            f"{load.rate:.1f} pictures/s, median {load.median:.0f} ms, 95% within "
            f"{load.high:.0f} ms, {load.cpu_ms:.0f} ms of processor time a picture, "
            f"{load.peak_mib:.0f} MiB, {load.answered} answered, {load.failed} failed"
        )
    told["queue of 8, shipped model"] = (
        f"{small.answered} answered, {small.refused} refused, of which 95% within "
        f"{sorted(small.refusals)[int(0.95 * len(small.refusals))]:.0f} ms"
        if small.refusals
        else "nothing was refused"
    )
    told["seed: memory, MiB each fifth"] = ours.fifths
    told["shipped: memory, MiB each fifth"] = shipped.fifths
    if long.memory:
        told["longer run: requests and seconds"] = f"{long.answered:,}, {long.seconds:.0f}"
        told["longer run: memory, MiB each fifth"] = long.fifths
    return told


BEFORE = os.getloadavg()


def some_pictures(real: Path, drawn: Path) -> list[Path]:
    """Return real pictures, spread over the folder, or drawn ones where there are none."""
    if not real.is_dir():
        from happysad.drawn import draw_collection

        if not drawn.exists():
            draw_collection(drawn, pictures=PICTURES, plant=False)
        real = drawn
    found = sorted(path for path in real.rglob("*") if path.suffix.lower() in {".jpg", ".png"})
    return found[:: max(1, len(found) // PICTURES)][:PICTURES]


def as_keras(bundle: Path) -> Path:
    """Return the same network as a .keras file."""
    out = bundle.with_suffix(".keras")
    if not out.exists():
        run([*HAPPYSAD, "export", bundle, "--to", "keras", "--out", out])
    return out


@dataclass
class Service:
    """A service at work, and what came of it so far.

    Attributes:
        port: where it listens.
        pid: its process.
        bodies: the calls.
        judge: whether an answer is right.
        load_so_far: what came of it.
    """

    port: int
    pid: int
    bodies: Sequence[bytes]
    judge: Callable[[int, dict], bool]
    load_so_far: Load = field(default_factory=Load)

    def load(self, *, seconds: float = 0.0, requests: int = 0) -> None:
        """Ask from all clients at once, and add what comes of it."""
        self.load_so_far.add(self.ask_all(seconds=seconds, requests=requests))

    def ask_all(self, *, seconds: float = 0.0, requests: int = 0) -> Load:
        """Ask from all clients at once."""
        return loaded(
            self.port, self.pid, self.bodies, self.judge, seconds=seconds, requests=requests
        )


@contextmanager
def happysad(model: Path | str, pictures: Sequence[Path], *, queue: int = 0) -> Iterator[Service]:
    """Serve a model; its answers are compared with the command line's."""
    known = command_line(model, pictures)
    extra = ["--max-pictures", queue, "--max-queue", queue] if queue else []

    def judge(index: int, table: dict) -> bool:
        (told,) = table["predictions"]
        return same(told, known[index])

    command = [*HAPPYSAD, "serve", "--model", model, "--log", "off", *extra]
    with served(command, pictures, judge) as service:
        yield service


@contextmanager
def served(
    command: Sequence[object],
    pictures: Sequence[Path],
    judge: Callable[[int, dict], bool] = lambda *_: True,
) -> Iterator[Service]:
    """Run a service while the block runs."""
    with started(command) as (port, pid):
        yield Service(port, pid, [form(path) for path in pictures], judge)


def command_line(model: Path | str, pictures: Sequence[Path]) -> list[dict]:
    """Return what ``happysad predict`` says of each picture, asked one by one as callers ask."""
    told = run([*HAPPYSAD, "predict", *pictures, "--model", model, "--jsonl"], allowed=(0, 3))
    return [json.loads(line) for line in told.stdout.splitlines()]


def same(told: dict, known: dict) -> bool:
    """Whether two answers differ by rounding alone."""
    if (told["verdict"], told["error"]) != (known["verdict"], known["error"]):
        return False
    if len(told["faces"]) != len(known["faces"]):
        return False
    pairs = [
        (told["probabilities"][key], value) for key, value in known["probabilities"].items()
    ] + [
        pair
        for mine, theirs in zip(told["faces"], known["faces"], strict=True)
        for pair in zip(mine["box"], theirs["box"], strict=True)
    ]
    return all(abs(mine - theirs) <= CLOSE for mine, theirs in pairs)


@contextmanager
def started(command: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Run a service on a free port while the block runs; give its port and process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    naive = command[1] == NAIVE
    arguments = [*command, port] if naive else [*command, "--port", port]
    process = subprocess.Popen(
        [str(one) for one in arguments], stdout=subprocess.DEVNULL, env={**os.environ}
    )
    try:
        while not is_ready(port):
            if process.poll() is not None:
                sys.exit(f"{arguments} ended with {process.returncode}")
            time.sleep(0.2)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(60)


def is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
