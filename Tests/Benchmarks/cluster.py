#!/usr/bin/env python3
"""What a cluster's head takes: batches handed over, a night followed, and what that costs the controller.

usage: cluster.py CPWX [JOBS]

A real Slurm controller, and a node of sixteen processors that are those of this machine; its scheduler is as quick as it can be.
Batches of 500 and 2,000 films are handed over and held there, medians of three; `sbatch` of an array as large says what of that
is Slurm's. A batch that waits is attached to, until the first answer. Then a night of JOBS films (500 by default) through ten
stages of /bin/true, followed to its end, against one array of a shell script that runs the same /bin/true, in one run: how long
each takes, how often Slurm's programs are called, the processor time of the controller and of the head, the head's memory, and
what there is of a job then. Last, what the head takes for a film besides: the whole run of one of a GB that is in memory, against one of
a MB, is what reading takes; and a job made on a day of 10,000, whose folders are listed for it, against one on an empty day. On the
disk of this folder.
"""

import collections
import getpass
import glob
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

STAGES = 10
BATCHES = (500, 2000)
REPEATS = 3
PROCESSORS = 16
SMALL, LARGE = 1 << 20, 1 << 30
NAMES = 10_000
PROGRAMS = ("sbatch", "squeue", "scontrol", "scancel", "sinfo")
CONFIGURATION = """\
ClusterName=bench
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
AuthType=auth/none
CredType=cred/none
AuthInfo=cred_expire=5
SlurmctldPort={port}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={folder}
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/node.pid
SlurmctldLogFile={folder}/controller.log
SlurmdLogFile={folder}/node.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
PropagateResourceLimits=NONE
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0,bf_interval=1
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={node} CPUs={processors} RealMemory=64000
PartitionName=main Nodes=ALL Default=YES
"""


def free_ports():
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


class Cluster:
    """One for the time of a `with`; Slurm's programs find it, and each call of them is noted."""

    def __enter__(self):
        # The paths of its sockets have room for few bytes.
        self.folder = tempfile.mkdtemp(prefix="cpwx-bench-", dir="/tmp")
        self.calls = f"{self.folder}/calls"
        port, node = free_ports()
        host = socket.gethostname().split(".")[0]
        with open(f"{self.folder}/slurm.conf", "w") as file:
            file.write(CONFIGURATION.format(
                host=host, user=getpass.getuser(), folder=self.folder, port=port, node=node, processors=PROCESSORS))
        os.environ["SLURM_CONF"] = f"{self.folder}/slurm.conf"
        subprocess.run(["slurmctld", "-i"], check=True)
        as_root = [] if os.geteuid() == 0 else ["sudo", "-n", "-E"]
        subprocess.run([*as_root, "slurmd", "-N", "n1"], check=True)
        self.await_idle()
        os.mkdir(f"{self.folder}/bin")
        for program in PROGRAMS:
            real = shutil.which(program)
            with open(f"{self.folder}/bin/{program}", "w") as file:
                file.write(f'#!/bin/sh\necho {program} >> "{self.calls}"\nexec {real} "$@"\n')
            os.chmod(f"{self.folder}/bin/{program}", 0o755)
        return self

    def __exit__(self, *_):
        self.clear()
        for name in ("node", "controller"):
            with open(f"{self.folder}/{name}.pid") as file:
                pid = file.read().strip()
            subprocess.run([*([] if os.geteuid() == 0 else ["sudo", "-n"]), "kill", pid])
            while os.path.exists(f"/proc/{pid}") and " Z " not in text(f"/proc/{pid}/stat"):
                time.sleep(0.05)
        shutil.rmtree(self.folder, ignore_errors=True)

    def await_idle(self):
        limit = time.monotonic() + 30
        while ask("sinfo", "-h", "-o", "%T") != "idle":
            assert time.monotonic() < limit, "the node does not come up"
            time.sleep(0.1)

    def clear(self):
        """Takes what waits out of the queue."""
        subprocess.run(["scancel", "--me"], check=True)
        while ask("squeue", "-h", "-o", "%i"):
            time.sleep(0.1)

    def counted(self):
        """The environment of one whose calls are noted."""
        return {**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"}

    def take_calls(self):
        calls = collections.Counter(text(self.calls).split()) if os.path.exists(self.calls) else collections.Counter()
        if calls:
            os.unlink(self.calls)
        return calls

    def processor_seconds(self):
        """Of the controller, since its start."""
        pid = text(f"{self.folder}/controller.pid").strip()
        fields = text(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def text(path):
    with open(path) as file:
        return file.read()


def ask(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def workspace(cpwx, folder, films, stages=STAGES):
    subprocess.run([cpwx, "init", folder], check=True, stdout=subprocess.DEVNULL)
    with open(f"{folder}/config/pipeline.yaml", "w") as file:
        file.write("name: nothing\nstages:\n")
        for number in range(1, stages + 1):
            file.write(f"  - {{name: stage{number}, number: {number}, command: [/bin/true], inputs: []}}\n")
    old = time.time() - 3600
    for number in range(films):
        path = f"{folder}/in/film{number:06}.mp4"
        with open(path, "w") as file:
            # Every film has a size of its own, as films have.
            file.write("f" * (number + 1))
        os.utime(path, (old, old))


def run(cpwx, folder, *options, env=None):
    """Seconds that a run takes."""
    started = time.perf_counter()
    subprocess.run(
        [cpwx, "run", "-q", "-C", folder, "--executor", "slurm", *options], check=True, stdout=subprocess.DEVNULL,
        env=env or os.environ)
    return time.perf_counter() - started


def watched(cpwx, folder, env):
    """Seconds that a run takes, and what the kernel tells of its process."""
    started = time.perf_counter()
    process = subprocess.Popen([cpwx, "run", "-q", "-C", folder, "--executor", "slurm"], stdout=subprocess.DEVNULL, env=env)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"the run ended with {process.returncode}"
    return time.perf_counter() - started, usage


def told(values, unit="s"):
    return f"{statistics.median(values):.2f} {unit} ({min(values):.2f} to {max(values):.2f})"


def hand_over(cpwx, parent, cluster, films):
    """Seconds until a batch is handed over, and until an array as large is."""
    held = {"CPWX_SLURM_FLAGS": "--hold"}
    batches, arrays, calls = [], [], []
    for repeat in range(REPEATS):
        folder = f"{parent}/hand-over-{films}-{repeat}"
        workspace(cpwx, folder, films)
        batches.append(run(cpwx, folder, "--detach", env={**cluster.counted(), **held}))
        calls.append(cluster.take_calls())
        cluster.clear()
        started = time.perf_counter()
        # As large as an array may be, as Slurm comes.
        for first in range(0, films, 1000):
            last = min(1000, films - first) - 1
            ask("sbatch", "--parsable", "--hold", f"--array=0-{last}", "--output=/dev/null", "--wrap", "true")
        arrays.append(time.perf_counter() - started)
        cluster.clear()
    whole, bare = statistics.median(batches), statistics.median(arrays)
    print(f"handing over {films:5,} films: {told(batches)}, {films / whole:.0f} jobs/s, {whole / films * 1000:.1f} ms a job", flush=True)
    print(f"  sbatch of arrays as large: {told(arrays)}; {bare / whole * 100:.0f} % of it; called: {listed(calls[0])}", flush=True)
    return f"{parent}/hand-over-{films}-{REPEATS - 1}"


def listed(calls):
    return ", ".join(f"{program} {count}" for program, count in sorted(calls.items())) or "none"


def first_answer(cpwx, parent, cluster, films):
    """Seconds until who attaches to a batch that waits is told something of it."""
    folder = f"{parent}/attached"
    workspace(cpwx, folder, films)
    run(cpwx, folder, "--detach", env={**os.environ, "CPWX_SLURM_FLAGS": "--hold"})
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        process = subprocess.Popen(
            [cpwx, "run", "--attach", "-C", folder, "--format", "ndjson"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout.readline().startswith(b"{"), "it told nothing"
        taken.append(time.perf_counter() - started)
        # Asked to end it would take the batch out of the queue.
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    print(f"--attach to {films:5,} jobs that wait: first answer after {told([second * 1000 for second in taken], 'ms')}", flush=True)
    cluster.clear()


def night(cpwx, parent, cluster, jobs):
    folder = f"{parent}/night"
    workspace(cpwx, folder, jobs)
    before = cluster.processor_seconds()
    whole, head = watched(cpwx, folder, cluster.counted())
    cost = cluster.processor_seconds() - before
    calls = cluster.take_calls()
    manifests = glob.glob(f"{folder}/out/**/manifest.json", recursive=True)
    done = sum(json.loads(text(path))["pipeline"]["status"] == "completed" for path in manifests)
    assert done == jobs, f"{done} of {jobs} jobs are completed"
    logs = sum(os.path.isfile(path) for path in glob.glob(f"{folder}/logs/[0-9]*/**", recursive=True))
    files = sum(len(files) for _, _, files in os.walk(f"{folder}/out"))
    index = sum(os.path.getsize(path) for path in glob.glob(f"{folder}/.cpwx/index.sqlite*"))

    script = f"{parent}/plain.sh"
    with open(script, "w") as file:
        file.write("#!/bin/sh\n" + "/bin/true\n" * STAGES + f'echo "$SLURM_ARRAY_TASK_ID" >> {parent}/plain.done\n')
    before = cluster.processor_seconds()
    started = time.perf_counter()
    for first in range(0, jobs, 1000):
        last = min(1000, jobs - first) - 1
        ask("sbatch", "--parsable", f"--array=0-{last}", "--output=/dev/null", script)
    # Without a look at the queue, which would cost the controller what it is compared with.
    while not os.path.exists(f"{parent}/plain.done") or text(f"{parent}/plain.done").count("\n") < jobs:
        time.sleep(0.1)
    plain = time.perf_counter() - started
    bare = cluster.processor_seconds() - before
    cluster.clear()
    tasks = jobs * STAGES
    print(f"a night of {jobs} jobs of {STAGES} stages, {PROCESSORS} at a time: {whole:.1f} s, {jobs / whole:.1f} jobs/s")
    print(f"  an array of a shell script: {plain:.1f} s, {jobs / plain:.1f} jobs/s; cpwx takes {whole / plain:.2f} of it, "
          f"{(whole - plain) / tasks * 1000:.2f} ms a stage more")
    print(f"  called: {listed(calls)}; a call every {whole / max(1, sum(calls.values())):.1f} s")
    print(f"  the controller's processor time: {cost:.2f} s, of the shell script's array {bare:.2f} s; "
          f"{cost / bare:.2f} of it, {(cost - bare) / jobs * 1000:.2f} ms a job more")
    print(f"  the head's processor time: {(head.ru_utime + head.ru_stime) / jobs * 1000:.2f} ms a job; its memory: {head.ru_maxrss / 1024:.0f} MiB")
    print(f"  a job has {files / jobs:.1f} files and {logs / jobs:.1f} logs; the index: {index / jobs / 1000:.1f} kB a job", flush=True)


def seconds(*command):
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def reading(cpwx, parent):
    """A film is read once, for its hash: of two that differ by their size alone the whole runs are compared."""
    taken = {}
    for size in (SMALL, LARGE):
        folder = f"{parent}/read-{size}"
        workspace(cpwx, folder, 1, stages=1)
        film = f"{folder}/in/film000000.mp4"
        os.truncate(film, size)
        runs = []
        for hours in range(1, 2 + 2 * REPEATS):
            # Changed, as far as its time tells, so that it is read again.
            old = time.time() - hours * 3600
            os.utime(film, (old, old))
            runs.append(seconds(cpwx, "run", "-q", "--force", "-C", folder, film))
        # The first has brought it into memory.
        taken[size] = runs[1:]
    rate = (LARGE - SMALL) / (statistics.median(taken[LARGE]) - statistics.median(taken[SMALL])) / 1e9
    print(f"a run of a film of {LARGE >> 20} MiB: {told(taken[LARGE])}, of {SMALL >> 20} MiB: {told(taken[SMALL])}; it is read at {rate:.2f} GB/s", flush=True)


def numbering(cpwx, parent):
    """A job's number is looked for among all names of the day where no kernel tells of new ones, and by each `cpwx job create`."""
    folder = f"{parent}/numbers"
    workspace(cpwx, folder, 0)
    create = [cpwx, "job", "create", "-q", "-C", folder]
    empty = [seconds(*create) for _ in range(1 + 2 * REPEATS)][1:]
    first = glob.glob(f"{folder}/out/*/*/*/1/*")[0]
    day = os.path.basename(first).split("-")[0]
    for number in range(1001, 1001 + NAMES):
        os.mkdir(f"{os.path.dirname(first)}/{day}-{number}")
        os.mkdir(f"{os.path.dirname(first)}/{day}-{number}".replace("/out/", "/logs/"))
        open(f"{folder}/config/.env.job_{day}-{number}", "w").close()
    full = [seconds(*create) for _ in range(1 + 2 * REPEATS)][1:]
    more = (statistics.median(full) - statistics.median(empty)) / NAMES
    print(f"a job made where the day's folders are listed: {told([1000 * second for second in empty], 'ms')} on an empty day, "
          f"{told([1000 * second for second in full], 'ms')} after {NAMES:,} others", flush=True)
    # Each of N jobs is made after half of them, on the average.
    nights = ", ".join(f"{jobs:,} in {jobs * jobs / 2 * more / 60:.0f} minutes" for jobs in (10_000, 30_000, 100_000))
    print(f"  {more * 1e6:.1f} us more for each of them; that alone, computed: {nights}", flush=True)


def main():
    cpwx = os.path.abspath(sys.argv[1])
    jobs = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory(dir=".") as parent, Cluster() as cluster:
        parent = os.path.abspath(parent)
        for films in BATCHES:
            hand_over(cpwx, parent, cluster, films)
        first_answer(cpwx, parent, cluster, BATCHES[0])
        night(cpwx, parent, cluster, jobs)
        reading(cpwx, parent)
        numbering(cpwx, parent)


main()
