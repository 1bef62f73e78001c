#!/usr/bin/env python3
"""What cpwx costs over the bare commands: ten stages of /bin/true, median of several rounds, side by side.

usage: overhead.py CPWX [ROUNDS]

Every round times four whole processes one after the other: a shell that starts the ten commands, GNU parallel with a
job log, `cpwx run` of a film that has no job yet, and `cpwx --version` (its start alone). cpwx makes the job, and
brings two states of the manifest a stage to the disk (fsync of file and folder each).
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

STAGES = 10


def milliseconds(command, **options):
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    return (time.perf_counter() - started) * 1000


def main():
    cpwx = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 31
    with tempfile.TemporaryDirectory(dir=".") as workspace:
        subprocess.run([cpwx, "init", workspace], check=True, stdout=subprocess.DEVNULL)
        with open(f"{workspace}/config/pipeline.yaml", "w") as file:
            file.write("name: nothing\nstages:\n")
            for number in range(1, STAGES + 1):
                file.write(f"  - {{name: stage{number}, number: {number}, command: [/bin/true], inputs: []}}\n")
        times = {"sh": [], "parallel": [], "cpwx run": [], "cpwx --version": []}
        for index in range(rounds + 1):
            film = f"{workspace}/in/film{index}.mp4"
            with open(film, "w") as file:
                file.write(f"film {index}")
            measured = {
                "sh": milliseconds(["sh", "-c", ";".join(["/bin/true"] * STAGES) + ";:"]),
                "parallel": milliseconds(
                    ["parallel", "-j1", "--joblog", f"{workspace}/joblog", "/bin/true"],
                    input="\n" * STAGES, text=True),
                "cpwx run": milliseconds([cpwx, "run", "-C", workspace, film]),
                "cpwx --version": milliseconds([cpwx, "--version"]),
            }
            if index > 0:
                for name, value in measured.items():
                    times[name].append(value)
    bare = statistics.median(times["sh"])
    print(f"ten stages of /bin/true, median of {rounds} rounds")
    print(f"{'':16}{'ms':>8}{'min':>8}{'max':>8}{'ms a stage over sh':>22}")
    for name, values in times.items():
        median = statistics.median(values)
        over = "" if name in ("sh", "cpwx --version") else f"{(median - bare) / STAGES:22.2f}"
        print(f"{name:16}{median:8.1f}{min(values):8.1f}{max(values):8.1f}{over}")


main()
