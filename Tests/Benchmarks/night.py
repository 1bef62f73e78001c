#!/usr/bin/env python3
"""A night of jobs that do nothing: what cpwx itself costs, side by side with GNU parallel and Snakemake.

usage: night.py CPWX [JOBS]

JOBS films through ten stages of /bin/true (1000 by default): `cpwx run`, GNU parallel with a job log and Snakemake (over a
tenth of the jobs: it takes minutes) over the same commands, and a shell that starts them bare, one after the other, in one
run. In memory, so that it is the programs that are compared; and on the disk of this folder, where cpwx alone waits for
every state to be there. Then what a run with nothing to do takes over no, 10,000 and 100,000 known films, medians of seven;
the page of a batch of 10,000 films, all of which ran through ten stages, which takes minutes and a gigabyte; and the
processor time of an idle `cpwx run --watch`.
"""

import datetime
import hashlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

STAGES = 10
WATCHED = 20


def seconds(command, **options):
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    return time.perf_counter() - started


def pipeline(folder, stages, lanes):
    with open(f"{folder}/config/pipeline.yaml", "w") as file:
        file.write(f"name: nothing\nlanes: {{cpu: {lanes}}}\nstages:\n")
        for number in range(1, stages + 1):
            file.write(f"  - {{name: stage{number}, number: {number}, command: [/bin/true], inputs: []}}\n")


def films(folder, count):
    old = time.time() - 3600
    for number in range(count):
        path = f"{folder}/in/film{number:06}.mp4"
        with open(path, "w") as file:
            # Every film has a size of its own, as films have.
            file.write("f" * (number + 1) if count <= 1000 else f"{number}")
        os.utime(path, (old, old))


def workspace(cpwx, folder, stages, lanes):
    subprocess.run([cpwx, "init", folder], check=True, stdout=subprocess.DEVNULL)
    pipeline(folder, stages, lanes)


def night(cpwx, parent, jobs, hands):
    """Milliseconds a task, by who ran it."""
    tasks = jobs * STAGES
    taken = {}
    with open(f"{parent}/commands", "w") as file:
        file.write("/bin/true\n" * tasks)
    taken["sh, bare"] = seconds(["sh", f"{parent}/commands"])
    taken["parallel --joblog"] = seconds(
        ["parallel", f"-j{hands}", "--joblog", f"{parent}/joblog", "-a", f"{parent}/commands"])
    folder = f"{parent}/night"
    workspace(cpwx, folder, STAGES, hands)
    films(folder, jobs)
    taken["cpwx run"] = seconds([cpwx, "run", "-q", "-C", folder])
    return {name: whole / tasks * 1000 for name, whole in taken.items()}


def snakemake(parent, jobs, hands):
    """Milliseconds a task."""
    snake = f"{parent}/snake"
    os.makedirs(snake)
    with open(f"{snake}/Snakefile", "w") as file:
        file.write(f"rule all:\n  input: expand('done/{{j}}.{STAGES}', j=range({jobs}))\n")
        for stage in range(1, STAGES + 1):
            before = f"  input: 'done/{{j}}.{stage - 1}'\n" if stage > 1 else ""
            file.write(f"rule s{stage}:\n{before}  output: touch('done/{{j}}.{stage}')\n  shell: '/bin/true'\n")
    return seconds(["snakemake", "-q", "-j", str(hands)], cwd=snake) / (jobs * STAGES) * 1000


def tell(place, taken):
    bare = taken["sh, bare"]
    print(f"{place}: {bare:.2f} ms a bare task")
    for name, whole in taken.items():
        if whole is not bare:
            print(f"  {name:20}{1000 / whole / STAGES:8.1f} jobs/s  {whole - bare:7.2f} ms a task over bare")
    print(f"  cpwx's over parallel's: {(taken['cpwx run'] - bare) / (taken['parallel --joblog'] - bare):.2f}")


def known_jobs(cpwx, parent, folder, count):
    """Completed jobs of that many films, as cpwx has written one of them; 1,000 a day."""
    sample = f"{parent}/sample{count}"
    workspace(cpwx, sample, 1, 1)
    films(sample, 1)
    subprocess.run([cpwx, "run", "-q", "-C", sample], check=True, stdout=subprocess.DEVNULL)
    made = subprocess.run([cpwx, "job", "path", "latest", "-C", sample], check=True, stdout=subprocess.PIPE, text=True)
    of = made.stdout.strip()
    sample_id = os.path.basename(of)
    written = {name: open(f"{of}/{name}").read() for name in ("manifest.json", "job_info.json")}
    first = datetime.date(2020, 1, 1)
    for number, film in enumerate(sorted(os.listdir(f"{folder}/in"))):
        day = first + datetime.timedelta(days=number // 1000)
        job = f"{day:%Y%m%d}-{number % 1000 + 1:03}"
        place = f"{folder}/out/{day:%Y/%m/%d}/1/{job}"
        os.makedirs(place)
        with open(f"{folder}/in/{film}", "rb") as file:
            content = file.read()
        status = os.stat(f"{folder}/in/{film}")
        identity = {
            "file": f"in/{film}", "size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(),
            "modified_ns": status.st_mtime_ns, "inode": status.st_ino,
        }
        for name, text in written.items():
            document = json.loads(text.replace(sample_id, job))
            document["input"].update(identity)
            with open(f"{place}/{name}", "w") as file:
                json.dump(document, file)
    subprocess.run([cpwx, "job", "reindex", "-C", folder], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def rescan(cpwx, parent, count):
    """Seconds of a run that finds nothing to do, over that many films it knows."""
    folder = f"{parent}/known{count}"
    workspace(cpwx, folder, 1, 4)
    films(folder, count)
    known_jobs(cpwx, parent, folder, count)
    found = subprocess.run([cpwx, "run", "-C", folder, "--format", "csv"], check=True, stdout=subprocess.PIPE, text=True)
    assert found.stdout.count(",skip,") == count, "a film that is known was run"
    return statistics.median(seconds([cpwx, "run", "-q", "-C", folder]) for _ in range(7))


def page(cpwx, parent, count):
    """Bytes of the page of a batch of that many films, all of which ran, and the seconds it takes, a median of three."""
    folder = f"{parent}/page"
    workspace(cpwx, folder, STAGES, os.cpu_count() or 2)
    films(folder, count)
    subprocess.run([cpwx, "run", "-q", "-C", folder], check=True, stdout=subprocess.DEVNULL)
    shown = f"{parent}/page.html"
    taken = statistics.median(seconds([cpwx, "report", "-C", folder, "-o", shown]) for _ in range(3))
    return os.path.getsize(shown), taken


def watching(cpwx, parent):
    """Processor seconds of a watching run that has nothing to do, in WATCHED seconds."""
    folder = f"{parent}/watched"
    workspace(cpwx, folder, 1, 2)
    process = subprocess.Popen(
        [cpwx, "run", "--watch", "-q", "-C", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(2)

    def spent():
        """Nanoseconds, by thread: a tick of the clock, in which times(2) counts, is more than all of it."""
        threads = f"/proc/{process.pid}/task"
        return {thread: int(open(f"{threads}/{thread}/schedstat").read().split()[0]) for thread in os.listdir(threads)}

    before = spent()
    time.sleep(WATCHED)
    idle = sum(now - before.get(thread, 0) for thread, now in spent().items())
    process.send_signal(signal.SIGTERM)
    process.wait()
    return idle / 1e9


def main():
    cpwx = os.path.abspath(sys.argv[1])
    jobs = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    sizes = [int(size) for size in sys.argv[3:]] or [10_000, 100_000]
    hands = os.cpu_count() or 2
    print(f"{jobs} jobs of {STAGES} stages of /bin/true, {hands} at a time", flush=True)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as parent:
        taken = night(cpwx, parent, jobs, hands)
        tenth = max(1, jobs // 10)
        taken[f"snakemake, {tenth} jobs"] = snakemake(parent, tenth, hands)
        tell("in memory", taken)
    with tempfile.TemporaryDirectory(dir=".") as parent:
        tell("on the disk", night(cpwx, parent, jobs, hands))
    # In memory, whose speed is always the same.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as parent:
        fixed = rescan(cpwx, parent, 0)
        print(f"nothing to do over no film: {fixed * 1000:.0f} ms")
        for size in sizes:
            taken = rescan(cpwx, parent, size)
            print(f"nothing to do over {size:7,} known films: {taken:6.2f} s, {(taken - fixed) / size * 1e6:.0f} µs a film")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as parent:
        size, taken = page(cpwx, parent, sizes[0])
        print(f"the page of a batch of {sizes[0]:,} films: {size / 1e6:.1f} MB, {taken:.2f} s")
        idle = watching(cpwx, parent)
        print(f"watching, {WATCHED} s with nothing to do: {idle * 1000:.1f} ms of processor, {idle / WATCHED:.3%}")


main()
