"""What a network that swallows everything between worker, database and judge does for a while.

    python -m benchmarks.cut_network [--seconds 60]

Wants root and Linux: the worker runs in a network of its own, joined to this one by a virtual cable
whose far ends are told wrong hardware addresses, so that nothing is answered and nothing refused.
Traffic goes on meanwhile. Measures how long it takes, after the cable works again, until a trace
that is sent then has its label. At the end every trace must have one label.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import killed
from benchmarks.killed import Program, Traffic
from config import database
from runner.child_process import Child, manage

NET, HERE, THERE = "signals-cut", "10.231.77.1", "10.231.77.2"
WRONG = "02:00:00:00:00:99"
CABLE = (
    f"ip netns add {NET}",
    "ip link add cut0 type veth peer name cut1",
    f"ip link set cut1 netns {NET}",
    f"ip addr add {HERE}/24 dev cut0",
    "ip link set cut0 up",
    f"ip -n {NET} addr add {THERE}/24 dev cut1",
    f"ip -n {NET} link set cut1 up",
    f"ip -n {NET} link set lo up",
)
CUT = (
    f"ip neigh replace {THERE} lladdr {WRONG} dev cut0 nud permanent",
    f"ip -n {NET} neigh replace {HERE} lladdr {WRONG} dev cut1 nud permanent",
)
JOIN = (
    f"ip neigh del {THERE} dev cut0",
    f"ip -n {NET} neigh del {HERE} dev cut1",
)
UNPLUG = (f"ip netns del {NET}",)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60, help="how long the network is cut")
    parser.add_argument("--keep-log", help="where the worker's log goes at the end")
    parser.add_argument("--port", type=int, default=8864)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="signals-bench-") as folder:
        Path(folder).chmod(0o711)
        do(CABLE)
        try:
            run(args, Path(folder))
        finally:
            do(UNPLUG)


def do(commands: tuple[str, ...]) -> None:
    for command in commands:
        subprocess.run(command.split(), check=True)


def run(args: argparse.Namespace, folder: Path) -> None:
    model = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.fake_model", "--latency", "0.5"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert model.stdout
    judge = int(model.stdout.readline().strip())
    plain = {
        "DATA_DIR": str(folder),
        "PORT": str(args.port),
        "ENV_FILE": os.devnull,
        "DEMO": "false",
        "TRACE_QUIET_S": "0",
    }
    # Its own worker settles and judges nothing: the lease of the sweep goes to the other one.
    up = Program(folder, plain)
    url = f"http://127.0.0.1:{args.port}"
    is_good, worker = False, None
    try:
        killed.wait_for(lambda: killed.answers(url), "the program is up")
        up.child("runner.clusters").suspend()
        for each in up.child("runner.clusters").children(recursive=True):
            each.kill()
        to_database = forward(lambda: socket_of(up))
        to_judge = forward(lambda: socket.create_connection(("127.0.0.1", judge)))
        worker = Child(
            "worker",
            ["ip", "netns", "exec", NET, *manage("worker")],
            environment=plain
            | {
                "DATABASE_URL": f"postgresql://postgres@{HERE}:{to_database}/signals",
                "JUDGE_BASE_URL": f"http://{HERE}:{to_judge}/v1",
                "JUDGE_TIMEOUT_S": "10",
            },
            output=(folder / "worker.log").open("ab"),
        )
        worker.start()
        traffic = Traffic(url, killed.prepare(plain), 0.5)
        traffic.start()
        killed.wait_for(lambda: has_label(up, traffic, 0.0), "the first label")
        time.sleep(killed.REST_S)
        do(CUT)
        time.sleep(args.seconds)
        do(JOIN)
        began = time.monotonic()
        killed.wait_for(lambda: has_label(up, traffic, began), "a label")
        print(f"cut for {args.seconds:g} s: a label {time.monotonic() - began:.1f} s after its end")
        traffic.over.set()
        traffic.join()
        is_good = killed.check(up, traffic)
        print("nothing lost, nothing doubled" if is_good else "WRONG")
    finally:
        if args.keep_log:
            Path(args.keep_log).write_bytes((folder / "worker.log").read_bytes())
        if worker:
            worker.stop(patience_s=15)
        up.child("runner.clusters").resume()
        up.stop()
        model.kill()
    if not is_good:
        sys.exit(1)


def has_label(up: Program, traffic: Traffic, since: float) -> bool:
    fresh = [bytes.fromhex(each) for each, at in list(traffic.sent) if at > since]
    return bool(fresh) and killed.labelled(up, fresh) > 0


def socket_of(up: Program) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.connect(str(database.settings("", up.folder)["HOST"]) + "/.s.PGSQL.5432")
    return made


def forward(connect: Callable[[], socket.socket]) -> int:
    """Listen on this end of the cable, and pass each connection on; return the port."""
    listening = socket.create_server((HERE, 0))

    def accept() -> None:
        while True:
            far, _address = listening.accept()
            near = connect()
            for one, other in ((far, near), (near, far)):
                threading.Thread(target=pump, args=(one, other), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(listening.getsockname()[1])


def pump(one: socket.socket, other: socket.socket) -> None:
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    for each in (one, other):
        each.close()


if __name__ == "__main__":
    main()
