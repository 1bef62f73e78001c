#!/usr/bin/env python3
"""Many processes on one index at once: how many were turned away, and what readers waited.

usage: contention.py CPWX [PROCESSES] [SECONDS]

Each process makes jobs and runs them through two stages of /bin/true, over and over, all in one workspace; meanwhile one
reader after the other lists the newest jobs. At the end the index must hold every job, as one made anew does.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

LISTING = ["job", "list", "--limit", "0", "--format", "csv"]


def main():
    cpwx = os.path.abspath(sys.argv[1])
    processes = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 60
    with tempfile.TemporaryDirectory(dir=".") as relative:
        folder = os.path.abspath(relative)
        run = lambda *arguments: subprocess.run([cpwx, *arguments], cwd=folder, capture_output=True, text=True)
        subprocess.run([cpwx, "init", folder], check=True, capture_output=True)
        with open(f"{folder}/config/pipeline.yaml", "w") as file:
            file.write("name: nothing\nstages:\n")
            for number in (1, 2):
                file.write(f"  - {{name: stage{number}, number: {number}, command: [/bin/true], inputs: []}}\n")
        end = time.monotonic() + seconds
        troubles, done = [], [0] * processes

        def writer(number):
            while time.monotonic() < end:
                film = f"{folder}/in/{number}-{done[number]}.mp4"
                with open(film, "w") as file:
                    file.write(film)
                outcome = run("run", "-q", film, "--user", str(number + 1))
                done[number] += 1
                if outcome.returncode != 0 or "locked" in outcome.stderr or "index" in outcome.stderr:
                    troubles.append(outcome.stderr)

        writers = [threading.Thread(target=writer, args=(number,)) for number in range(processes)]
        for thread in writers:
            thread.start()
        waits, starts = [], []
        while time.monotonic() < end:
            # Its start alone tells what the load costs a process that reads nothing.
            started = time.perf_counter()
            run("--version")
            starts.append((time.perf_counter() - started) * 1000)
            started = time.perf_counter()
            outcome = run("job", "list")
            waits.append((time.perf_counter() - started) * 1000)
            if outcome.returncode != 0 or outcome.stderr:
                troubles.append(outcome.stderr)
        for thread in writers:
            thread.join()
        kept = run(*LISTING).stdout
        run("job", "reindex")
        same = run(*LISTING).stdout == kept
        print(f"{processes} processes for {seconds:.0f} s: {sum(done)} jobs, {len(troubles)} turned away or in trouble;"
              f" the index holds {len(kept.splitlines()) - 1}, made anew {'the same' if same else 'OTHERS'}")
        print(f"{len(waits)} lists meanwhile: median {statistics.median(waits):.0f} ms, longest {max(waits):.0f} ms;"
              f" cpwx --version beside them: median {statistics.median(starts):.0f} ms")
        for trouble in troubles[:3]:
            print(trouble)
        sys.exit(bool(troubles) or not same)


main()
