#!/usr/bin/env python3
"""A sweep on a real Slurm: one node, started here and stopped again.

    slurm_test.py PROGRAM

A task is requeued while it runs and another one is killed; every trial must be
there once, as in a sweep that ran without Slurm. Exit code 77 (skipped, with a
message) unless it is root, was asked for (RANKADAPTOR_TEST_SERVICES=1) and
Slurm is installed (tests/services/install).
"""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
TOOLS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")
PATIENCE_SECONDS = 300

SLURM_CONF = """ClusterName=test
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
ProctrackType=proctrack/linuxproc
ReturnToService=2
SlurmctldPort={controller}
SlurmdPort={daemon}
SlurmdSpoolDir={folder}/slurmd
StateSaveLocation={folder}/slurmctld
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmUser=root
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
TaskPlugin=task/none
SchedulerParameters=requeue_delay=1
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""

SWEEP = """schema_revision: 1
base:
  evaluator:
    synthetic: {num_layers: 6, family: add}
  search:
    num_initial_trials: 4
    max_trials: 600
    convergence: {rounds: 0}
    strategy: random
  confirmation: {seeds: 2}
seeds: [1, 2, 3, 4]
slurm:
  partition: main
  cpus: 1
  time: "10"
  environment: {OMP_NUM_THREADS: 1}
"""


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_for(what, condition):
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.2)
    raise AssertionError(f"waited {PATIENCE_SECONDS} s for {what}")


@contextlib.contextmanager
def daemon(*command):
    with open(os.environ["SERVICE_LOG"], "ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def slurm(folder):
    """munged, slurmctld and slurmd with all they write in `folder`."""
    host = socket.gethostname().split(".")[0]
    folder.chmod(0o755)  # munged's socket is for all
    for name in ("slurmd", "slurmctld"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    conf = folder / "slurm.conf"
    conf.write_text(SLURM_CONF.format(
        host=host, folder=folder, controller=free_port(), daemon=free_port(),
        cpus=os.cpu_count()))
    os.environ["SLURM_CONF"] = str(conf)
    os.environ["SERVICE_LOG"] = str(folder / "services.log")
    with daemon("munged", "--foreground", f"--key-file={key}",
                f"--socket={folder}/munge.socket",
                f"--pid-file={folder}/munge.pid",
                f"--seed-file={folder}/munge.seed",
                f"--log-file={folder}/munge.log"):
        wait_for("munged", (folder / "munge.socket").exists)
        with daemon("slurmctld", "-D", "-c", "-f", str(conf)), \
                daemon("slurmd", "-D", "-f", str(conf)):
            wait_for("an idle node", lambda: "idle" in output("sinfo", "-h"))
            yield


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout


def sweep(program, folder, *arguments):
    done = subprocess.run([program, "sweep", "s.yaml", *arguments], cwd=folder,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def trials(file):
    """What is stored of every trial, without what no two runs share."""
    if not file.exists():
        return []
    with contextlib.closing(sqlite3.connect(file)) as database:
        return database.execute(
            "SELECT id, purpose, choices, seed, objective FROM trials "
            "ORDER BY id").fetchall()


def running(task):
    return any(line == f"{task}|RUNNING" for line in output(
        "squeue", "-h", "-r", "--format=%i|%T").splitlines())


def check(program, folder):
    here = folder / "here"
    there = folder / "there"
    for place in (here, there):
        place.mkdir()
        (place / "s.yaml").write_text(SWEEP)
    said = sweep(program, there, "--slurm")
    assert "submitted 4 studies as Slurm job " in said, said
    job = said.split("Slurm job ")[1].split(";")[0]

    first = there / "s.sweep/seed=1.study.db"
    wait_for("trials of task 0", lambda: len(trials(first)) >= 20)
    assert running(f"{job}_0"), output("squeue")
    before = trials(first)
    subprocess.run(["scontrol", "requeue", f"{job}_0"], check=True)
    assert f"job {job}_" in sweep(program, there, "--status")

    second = there / "s.sweep/seed=2.study.db"
    wait_for("trials of task 1", lambda: len(trials(second)) >= 20)
    subprocess.run(["scancel", "--signal=KILL", "--full", f"{job}_1"],
                   check=True)
    wait_for("the queue to be empty",
             lambda: not output("squeue", "-h").strip())
    status = sweep(program, there, "--status")
    assert "seed=2  interrupted" in status, status
    assert f"job {job}_1: CANCELLED" in status, status
    assert "3 of 4 studies are done" in status, status

    sweep(program, there, "--slurm")  # only what is left
    wait_for("the second job", lambda: not output("squeue", "-h").strip())
    assert "goes on after" in "".join(
        log.read_text() for log in (there / "s.sweep/slurm").glob("*.log"))
    table = sweep(program, there)
    sweep(program, here)
    for seed in (1, 2, 3, 4):
        name = f"s.sweep/seed={seed}.study.db"
        assert trials(there / name) == trials(here / name), name
        assert len(trials(there / name)) >= 600, name
    assert before == trials(first)[:len(before)]
    csv = "s.sweep/results.csv"
    assert (there / csv).read_text() == (here / csv).read_text()
    print(table)
    print("4 studies, one requeued, one killed: every trial is there once")


def main():
    if os.geteuid() != 0:
        skip("Slurm's daemons need root")
    if os.environ.get("RANKADAPTOR_TEST_SERVICES") != "1":
        skip("RANKADAPTOR_TEST_SERVICES=1 asks for it")
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        skip(f"no {missing[0]} on PATH; tests/services/install installs Slurm")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with slurm(folder):
            check(sys.argv[1], folder)


if __name__ == "__main__":
    main()
