"""The embedded server's options, sized to the machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil

MIB = 1024 * 1024
GIB = 1024 * MIB
#: The log says what went wrong, never with which values: a statement, a parameter and the row that
#: a constraint names may all hold what people said.
QUIET = {
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_lock_waits": "off",
    "log_autovacuum_min_duration": "-1",
    "debug_print_plan": "off",
}
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def memory_bytes() -> int:
    """Return how much memory this machine or this container may use."""
    total = int(psutil.virtual_memory().total)
    try:
        limit = CGROUP_LIMIT.read_text(encoding="ascii").strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdigit() else total


def sized(memory: int, free_disk: int) -> dict[str, str]:
    """Return the options that depend on the memory and the free disk, both in bytes.

    A machine of 24 GiB gets 1 GB of shared buffers, a small laptop 128 MB.
    """
    shared = min(max(memory // 24, 128 * MIB), GIB)
    wal = min(max(free_disk // 20, 256 * MIB), 4 * GIB)
    return {
        "shared_buffers": f"{shared // MIB}MB",
        "effective_cache_size": f"{memory // 2 // MIB}MB",
        "maintenance_work_mem": f"{max(shared // 4, 64 * MIB) // MIB}MB",
        "work_mem": "16MB",
        "max_wal_size": f"{wal // MIB}MB",
    }


def server_options(folder: Path, socket_folder: Path, fast: bool) -> dict[str, str]:
    """Return names and values for `postgres -c`; `fast` is for tests: a crash may lose data."""
    safety = "off" if fast else "on"
    return sized(memory_bytes(), shutil.disk_usage(folder).free) | {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_folder),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "fsync": safety,
        "synchronous_commit": safety,
        "full_page_writes": safety,
        "checkpoint_timeout": "10min",
        # Judging jobs come and go by the thousand: dead rows must not pile up.
        "autovacuum_naptime": "15s",
        "autovacuum_vacuum_scale_factor": "0.1",
        "autovacuum_vacuum_insert_scale_factor": "0.05",
        "random_page_cost": "1.1",
        # Compiling costs more than it saves on queries of a few milliseconds.
        "jit": "off",
        "idle_in_transaction_session_timeout": "10min",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **QUIET,
    }
