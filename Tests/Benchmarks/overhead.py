#!/usr/bin/env python3
"""What cpwx costs over the bare commands: stages of /bin/true, median of several rounds, side by side.

usage: overhead.py CPWX [ROUNDS]

Every round times whole processes one after the other, in a new workspace: a shell that starts ten commands, GNU parallel
with a job log, `cpwx run` of a film through ten stages, the same through one, and `cpwx --version` (its start alone).
What a stage costs is the difference of ten and one. cpwx makes the job, and every stage's running and ended states are on the disk (fsync of file and folder) before the job
ends; the end of a stage and the beginning of the next one go there in one write.
It leaves with 1 when cpwx costs more than 2.0 ms a stage over the bare command.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

STAGES = 10
MOST = 2.0


def milliseconds(command, **options):
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    return (time.perf_counter() - started) * 1000


def workspace(cpwx, parent, stages):
    """A workspace with a film and that many stages."""
    folder = f"{parent}/{stages}"
    subprocess.run([cpwx, "init", folder], check=True, stdout=subprocess.DEVNULL)
    with open(f"{folder}/config/pipeline.yaml", "w") as file:
        file.write("name: nothing\nstages:\n")
        for number in range(1, stages + 1):
            file.write(f"  - {{name: stage{number}, number: {number}, command: [/bin/true], inputs: []}}\n")
    with open(f"{folder}/in/film.mp4", "w") as file:
        file.write("film")
    # A workspace in use is older than a moment, and has an index.
    for path in (f"{folder}/in/film.mp4", f"{folder}/out"):
        os.utime(path, (time.time() - 3600, time.time() - 3600))
    subprocess.run([cpwx, "job", "list", "-C", folder], check=True, stdout=subprocess.DEVNULL)
    return folder


def round_of(cpwx):
    with tempfile.TemporaryDirectory(dir=".") as parent:
        ten, one = workspace(cpwx, parent, STAGES), workspace(cpwx, parent, 1)
        return {
            "sh": milliseconds(["sh", "-c", ";".join(["/bin/true"] * STAGES) + ";:"]),
            "parallel": milliseconds(
                ["parallel", "-j1", "--joblog", f"{parent}/joblog", "/bin/true"], input="\n" * STAGES, text=True),
            "cpwx run": milliseconds([cpwx, "run", "-q", "-C", ten]),
            "cpwx run, one": milliseconds([cpwx, "run", "-q", "-C", one]),
            "cpwx --version": milliseconds([cpwx, "--version"]),
        }


def main():
    cpwx = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 31
    round_of(cpwx)
    measured = [round_of(cpwx) for _ in range(rounds)]
    median = {name: statistics.median(each[name] for each in measured) for name in measured[0]}
    bare = median["sh"] / STAGES
    print(f"stages of /bin/true, median of {rounds} rounds; a bare one takes {bare:.2f} ms")
    print(f"{'':16}{'ms':>8}{'min':>8}{'max':>8}")
    for name in measured[0]:
        values = [each[name] for each in measured]
        print(f"{name:16}{median[name]:8.1f}{min(values):8.1f}{max(values):8.1f}")
    stage = (median["cpwx run"] - median["cpwx run, one"]) / (STAGES - 1)
    print(f"over a bare stage: parallel {median['parallel'] / STAGES - bare:.2f} ms a stage;"
          f" cpwx {stage - bare:.2f} ms a stage, {median['cpwx run'] / STAGES - bare:.2f} ms"
          f" with its start and the making of the job spread over {STAGES}")
    if stage - bare > MOST:
        sys.exit(f"overhead.py: {stage - bare:.2f} ms a stage is over {MOST} ms")


main()
