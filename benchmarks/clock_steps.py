"""What a step of the machine's clock does to a running program: forward, and back again.

    python -m benchmarks.clock_steps [--port 8862]

Starts the whole program, its database too, with `other_clock.c`, which shows all of its processes
another time of day and leaves the monotonic clock alone; it wants a C compiler. Sends a trace
every half second, sets the clock, and measures how long it takes until a trace that was sent
afterwards has its label, and until the ticks of every minute have run. At the end every trace must
have one label.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import killed
from benchmarks.killed import Program, Traffic

#: Seconds that the clock shows more than the machine's own, one after the other.
OFFSETS = (3600, 0, -1800, 0, 600, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--port", type=int, default=8862)
    parser.add_argument("--keep-log", help="where the program's log goes at the end")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="signals-bench-") as folder:
        Path(folder).chmod(0o711)
        run(args, Path(folder))


def run(args: argparse.Namespace, folder: Path) -> None:
    clock, library = folder / "clock", folder / "other_clock.so"
    source = Path(__file__).with_name("other_clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    library.chmod(0o755)
    set_clock(clock, 0)
    model = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.fake_model", "--latency", "0.5"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert model.stdout
    plain = {
        "DATA_DIR": str(folder),
        "PORT": str(args.port),
        "ENV_FILE": os.devnull,
        "DEMO": "false",
        "JUDGE_BASE_URL": f"http://127.0.0.1:{model.stdout.readline().strip()}/v1",
        "TRACE_QUIET_S": "0",
    }
    faked = {"LD_PRELOAD": str(library), "CLOCK_OFFSET_FILE": str(clock)}
    up = Program(folder, plain | faked)
    url = f"http://127.0.0.1:{args.port}"
    is_good = False
    try:
        killed.wait_for(lambda: killed.answers(url), "the program is up")
        traffic = Traffic(url, killed.prepare(plain), 0.5)
        traffic.start()
        killed.wait_for(lambda: has_label(up, traffic, 0.0), "the first label")
        for before, offset in zip((0, *OFFSETS), OFFSETS, strict=False):
            time.sleep(killed.REST_S)
            set_clock(clock, offset)
            print(f"{offset - before:+6} s: {seconds_until_well(up, traffic)}", flush=True)
        traffic.over.set()
        traffic.join()
        is_good = killed.check(up, traffic)
        print("nothing lost, nothing doubled" if is_good else "WRONG")
    finally:
        up.stop()
        model.kill()
        if args.keep_log:
            Path(args.keep_log).write_bytes((folder / "up.log").read_bytes())
    if not is_good:
        sys.exit(1)


def set_clock(file: Path, seconds: int) -> None:
    """Let the program's clock show so many seconds more than the machine's."""
    fresh = file.with_suffix(".new")
    fresh.write_text(f"{seconds:+d}\n", encoding="ascii")
    fresh.chmod(0o644)
    fresh.replace(file)


def seconds_until_well(up: Program, traffic: Traffic) -> str:
    """Return in words how long it took until there was a label, and until schedules had run."""
    began = time.monotonic()
    last_runs = next_runs(up)
    killed.wait_for(lambda: has_label(up, traffic, began), "a label")
    label_s = time.monotonic() - began
    killed.wait_for(lambda: have_all_run(last_runs, next_runs(up)), "every schedule")
    return f"a label after {label_s:.1f} s, all ticks after {time.monotonic() - began:.1f} s"


def has_label(up: Program, traffic: Traffic, since: float) -> bool:
    fresh = [bytes.fromhex(each) for each, at in list(traffic.sent) if at > since]
    return bool(fresh) and killed.labelled(up, fresh) > 0


def next_runs(up: Program) -> dict[str, tuple[str, str]]:
    """Return when each tick of every minute runs next, and its last task."""
    query = "SELECT name, next_run::text, task FROM django_q_schedule WHERE minutes = 1"
    with up.connect() as connection:
        return {name: (at, task) for name, at, task in connection.execute(query)}


def have_all_run(before: dict[str, tuple[str, str]], now: dict[str, tuple[str, str]]) -> bool:
    return all(now[name][1] != task for name, (_at, task) in before.items())


if __name__ == "__main__":
    main()
