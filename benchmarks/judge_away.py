"""What becomes of the targets of an hour without a judge, on the program that runs.

    python -m benchmarks.judge_away [--minutes 3] [--every 0.2] [--port 8841]

Starts `manage.py up` on a folder of its own (fsync on), sends traces all the time, ends the judge
with SIGKILL, and starts it again at the same port after so many minutes. Time is pressed: a target
is tried anew after a second instead of many, and has three attempts, so that in minutes each would
have failed many times over if its judge's absence counted against it. At the end every trace must
have one label, and none may have failed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.killed import (
    Program,
    Traffic,
    answers,
    check,
    labelled,
    prepare,
    wait_for,
)

PRESSED = {"JUDGE_RETRY_BASE_S": "1", "JUDGE_MAX_ATTEMPTS": "3", "TRACE_QUIET_S": "0"}
PATIENCE_S = 300.0


class Model:
    """A judge that can go and come back at the same port."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "benchmarks.fake_model", "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=3.0, help="how long the judge is away")
    parser.add_argument("--every", type=float, default=0.2, help="seconds between two traces")
    parser.add_argument("--port", type=int, default=8841)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="signals-bench-") as folder:
        Path(folder).chmod(0o711)
        run(args, Path(folder))


def run(args: argparse.Namespace, folder: Path) -> None:
    model = Model()
    environment = PRESSED | {
        "DATA_DIR": str(folder),
        "PORT": str(args.port),
        "ENV_FILE": os.devnull,
        "DEMO": "false",
        "JUDGE_BASE_URL": f"http://127.0.0.1:{model.port}/v1",
    }
    url = f"http://127.0.0.1:{args.port}"
    up = Program(folder, environment)
    try:
        wait_for(lambda: answers(url), "the program is up")
        traffic = Traffic(url, prepare(environment), args.every)
        traffic.start()
        wait_for(lambda: labelled(up, ids(traffic)), "first label")
        model.kill()
        time.sleep(args.minutes * 60)
        waiting = ids(traffic)
        given = labelled(up, waiting)
        model.start()
        took = seconds_until_labelled(up, waiting)
        print(
            f"away for {args.minutes:g} min: {len(waiting) - given} targets waited, all have a "
            f"label {took:.1f} s after it was back, while traffic went on"
        )
        traffic.over.set()
        traffic.join()
        is_good = check(up, traffic) and took < PATIENCE_S
        print("nothing lost, nothing doubled, nothing failed" if is_good else "WRONG")
    finally:
        up.stop()
        model.kill()
    if not is_good:
        sys.exit(1)


def ids(traffic: Traffic) -> list[bytes]:
    return [bytes.fromhex(each) for each, _at in list(traffic.sent)]


def seconds_until_labelled(up: Program, traces: list[bytes]) -> float:
    began = time.monotonic()
    while labelled(up, traces) < len(traces) and time.monotonic() < began + PATIENCE_S:
        time.sleep(0.2)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
