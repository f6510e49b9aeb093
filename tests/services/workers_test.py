#!/usr/bin/env python3
"""Eight workers of one study as processes, two of which are killed.

    with_postgres workers_test.py SLEEPING_WORKER

The first one, which leads, and one that is evaluating get SIGKILL. Every trial
must be there once, as in a study that one worker did undisturbed.
"""

import os
import signal
import subprocess
import sys
import time

NUM_WORKERS = 8
MAX_TRIALS = 60
BATCH = 8
# Long enough that no worker that lives loses a trial on a loaded machine.
LEASE_SECONDS = 15
PATIENCE_SECONDS = 600


DATABASE = os.environ["RANKADAPTOR_TEST_POSTGRES"]


def url_of(study):
    return f"{DATABASE}&study={study}"


def sql(statement):
    done = subprocess.run(
        ["psql", "-X", "-A", "-t", "-d", DATABASE, "-c", statement],
        capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:-1]


def wait_for(what, condition):
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE_SECONDS} s for {what}")


def start(program, study, trial_seconds):
    return subprocess.Popen([program, url_of(study), str(MAX_TRIALS),
                             str(BATCH), "0", str(trial_seconds),
                             str(LEASE_SECONDS)])


def trials(study):
    return sql(
        "SELECT t.id, purpose, choices, t.seed, state, objective, label FROM "
        "rankadaptor.trials t JOIN rankadaptor.studies s ON s.id = t.study "
        f"WHERE s.name = '{study}' ORDER BY t.id")


def evaluating(study):
    """Processes that have a trial."""
    names = sql(
        "SELECT DISTINCT w.name FROM rankadaptor.asked a JOIN "
        "rankadaptor.workers w ON w.id = a.worker JOIN rankadaptor.studies s "
        f"ON s.id = a.study WHERE s.name = '{study}'")
    return [int(name.split(":")[1]) for name in names]


def main():
    program = sys.argv[1]
    assert start(program, "alone", 0.01).wait() == 0
    leader = start(program, "together", 0.3)
    wait_for("a leader", lambda: len(trials("together")) >= 1)
    others = [start(program, "together", 0.3) for _ in range(NUM_WORKERS - 1)]
    wait_for("eight workers", lambda: int(sql(
        "SELECT count(*) FROM rankadaptor.workers")[0]) == NUM_WORKERS)
    wait_for("some trials", lambda: len(trials("together")) >= 12)

    def busy():
        ours = {worker.pid: worker for worker in others}
        return [ours[pid] for pid in evaluating("together") if pid in ours]

    victim = wait_for("a busy worker", busy)[0]
    victim.send_signal(signal.SIGKILL)
    leader.send_signal(signal.SIGKILL)
    killed_at = len(trials("together"))
    assert victim.wait() == leader.wait() == -signal.SIGKILL
    others.remove(victim)
    codes = [worker.wait() for worker in others]
    assert codes == [0] * len(others), codes
    assert killed_at < MAX_TRIALS, killed_at
    assert trials("together") == trials("alone")
    lost = sql("SELECT count(*) FROM rankadaptor.trials WHERE state <> 1")
    assert lost == ["0"], lost
    print(f"{NUM_WORKERS} workers, two killed after {killed_at} trials: all "
          f"{len(trials('alone'))} trials are there once, as of one worker")


if __name__ == "__main__":
    main()
