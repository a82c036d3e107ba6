"""The worker: two django-q2 clusters, and what keeps them going whatever is killed.

`signals` executes the ticks, `judge` the pumps, so that a backlog of judging never delays a tick.

    manage.py worker            the parent: starts the watchdog again if it dies (as `up` does)
    └ runner.clusters           the watchdog (watchdog.py)
      ├ cluster, "signals"      the nursery, which has loaded everything (nursery.py)
      │ └ the sentinel          django-q2's own (cluster.py)
      │   ├ 4 workers           execute tasks
      │   ├ pusher              pulls tasks from the database (broker.py)
      │   └ monitor             records results
      └ cluster, "judge"        the same, with JUDGE_PUMPS workers and no schedules

The life of a cluster:

1. The watchdog starts `manage.py cluster` in a process group of its own. It ends with the watchdog,
   even if that is killed (`die_with_parent`). It forks the sentinel, again whenever that has ended.
2. The sentinel takes over from the one before it (`cluster.take_over`): what that one had taken
   from the queue may be taken again, jobs that a process held which is gone are free, the schedules
   are written, and what must not wait for its tick is queued (`ticks.AT_START`).
3. django-q2 forks the workers, the monitor and the pusher. Each of them ends with the sentinel.
4. The pusher hands out a task of its own every few seconds: whichever worker executes it leaves a
   sign of life. A task of minutes leaves its own (`core.background.long_tasks`), so that a cluster
   whose workers all wait for a slow judge is not taken for dead.
5. When one of its processes dies, all of them are killed at once. django-q2 alone would fork
   another one; but the dead one may have held the lock of the shared queue, and then the cluster
   never executes another task and ignores SIGTERM, without a word in its log. A worker that leaves
   in good order (`max_rss`, `recycle`) is replaced by django-q2 itself.
   When the database is away, the pusher ends by itself, so that all leases are free; the next
   cluster waits for the database and begins the moment it is back.
6. When nothing has left a sign of life for WORKER_STALE_S, the watchdog kills the cluster. A single
   task that hangs is ended by django-q2's `timeout` long before.
7. SIGTERM to the sentinel becomes SIGUSR1 to all: long tasks end their round, then django-q2 stops
   its processes. What is left after `STOP_S` is killed.

A sentinel that has ended is forked again, at once or, if it did not live for some seconds, after
pauses that grow; so is a nursery started again (`runner.supervisor`). All state is in our tables,
under leases: a replaced cluster loses nothing, and nothing is done twice.
"""
