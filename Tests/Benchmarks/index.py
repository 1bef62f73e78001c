#!/usr/bin/env python3
"""The index over workspaces of many jobs: how long it takes to make, to ask and to keep, side by side with jq and find.

usage: index.py INDEX-BENCH CPWX FOLDER [SIZE ...]

FOLDER/workspace grows from size to size, and stays for the next run. What happens in process is measured by
`index-bench measure`, state changes in turn with a workspace of no job; then whole processes: median and the slowest of 21, of lists and completions the 99th of 100, of statistics the slowest of 5.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import time

RUNS = 21
# In turn, of what is set side by side.
TURNS = 5
# For what people wait for many times a day.
OFTEN = 100
# More than a completion offers.
OFFERED = 300
FIND_LIMIT = 120
FAILED = """SELECT job_id, status, title, year FROM jobs WHERE status = 'failed' ORDER BY key DESC LIMIT 50"""
NEWEST = """SELECT job_id, status, title, year FROM jobs ORDER BY key DESC LIMIT 50"""
BY_JQ = "find out -name manifest.json -print0 | xargs -0 -r jq -r 'select(.pipeline.status == \"failed\") | .job_id'"


def milliseconds(command, accepted=(0,), **options):
    started = time.perf_counter()
    result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    if result.returncode not in accepted:
        raise subprocess.CalledProcessError(result.returncode, command)
    return (time.perf_counter() - started) * 1000


def repeated(command, runs=RUNS, **options):
    """The median, and the 99th percentile: of fewer than a hundred runs the slowest."""
    milliseconds(command, **options)
    values = sorted(milliseconds(command, **options) for _ in range(runs))
    return f"{statistics.median(values):.1f} / {values[math.ceil(0.99 * runs) - 1]:.1f}"


def by_jq(workspace):
    """What people do without an index: once, and no longer than FIND_LIMIT."""
    # timeout ends all of it, find and jq too.
    taken = milliseconds(["timeout", str(FIND_LIMIT), "sh", "-c", BY_JQ], accepted=(0, 124), cwd=workspace)
    return f"{taken:.0f}" if taken < FIND_LIMIT * 1000 else f"> {FIND_LIMIT * 1000}"


def standing(workspace):
    """How many jobs a workspace has from the last time."""
    try:
        with open(f"{workspace}/synthetic-jobs") as file:
            return int(file.read())
    except FileNotFoundError:
        return 0


def changes(bench, workspace, empty):
    """State changes stored a second, here and where there is no other job, in turn: rows of the table, of medians."""
    rates = {}
    for _ in range(TURNS):
        said = subprocess.run([bench, "change", workspace, empty], check=True, stdout=subprocess.PIPE).stdout
        for name, rate in json.loads(said).items():
            rates.setdefault(name, []).append(rate)
    return {f"state changes a second, {name.replace('_', ' ')}": round(statistics.median(values)) for name, values in rates.items()}


def furnish(cpwx, workspace):
    """Gives a workspace films, batches and archives, which completions offer beside its jobs; the id of an archived job."""
    for folder, ending, content in (("in", "mkv", ""), ("logs/batches", "json", '{"status": "completed", "jobs": []}\n')):
        os.makedirs(f"{workspace}/{folder}", exist_ok=True)
        for number in range(OFFERED):
            with open(f"{workspace}/{folder}/20240101-220000-{number}.{ending}", "w") as file:
                file.write(content)

    def jobs(*filters):
        said = subprocess.run(
            [cpwx, "job", "list", *filters, "--limit", str(OFFERED), "--format", "ndjson", "-C", workspace], check=True, stdout=subprocess.PIPE)
        return [json.loads(line) for line in said.stdout.splitlines()]

    if not jobs("archive=restored"):
        folders = [f"{workspace}/{job['output_dir']}" for job in jobs("status=completed")]
        subprocess.run([cpwx, "archive", "--keep", "-q", *folders, "-C", workspace], check=True, stdout=subprocess.DEVNULL)
    return jobs("archive=restored")[0]["job_id"]


def measured(bench, cpwx, workspace, size):
    """Rows of the table: what, and the figure."""
    subprocess.run([bench, "generate", workspace, str(size)], check=True)
    inside = json.loads(subprocess.run([bench, "measure", workspace], check=True, stdout=subprocess.PIPE).stdout)
    rows = {
        "reindex, s": inside["reindex_seconds"],
        "manifests a second": inside["manifests_per_second"],
        "peak memory, MiB": inside["peak_rss_mib"],
        "the index, kB a job": f"{inside['bytes_a_job'] / 1000:.1f}" if size else "",
    }
    pair = lambda figure: f"{figure['p50_ms']:.2f} / {figure['p99_ms']:.2f}"
    for name, figures in inside["pages"].items():
        rows[f"page: {name}, query, ms"] = pair(figures["query"])
        rows[f"page: {name}, with files compared, ms"] = pair(figures["whole"])
    rows["counts, query, ms"] = pair(inside["counts"]["query"])
    rows["counts, with files compared, ms"] = pair(inside["counts"]["whole"])
    for name, figures in inside["find"].items():
        rows[f"find: {name}, query, ms"] = pair(figures["query"])
        rows[f"find: {name}, with files compared, ms"] = pair(figures["whole"])
    rows["statistics, whole, ms"] = pair(inside["statistics"])
    rows["cpwx --version, ms"] = repeated([cpwx, "--version"])
    for words in ([], ["status=failed"], ["title~night"], ["user=2", "--sort", "duration"], ["--sort", "title", "--reverse"]):
        listing = [cpwx, "job", "list", "--limit", "50", *words, "-C", workspace]
        rows[f"{' '.join(['cpwx job list', *words])}, 100 times, ms"] = repeated(listing, OFTEN)
    find = [cpwx, "job", "find", "night river", "--limit", "50", "-C", workspace]
    rows["cpwx job find, ms"] = repeated(find, accepted=(0, 1))  # 1: nothing was found
    rows["cpwx job stats, 5 times, ms"] = repeated([cpwx, "job", "stats", "-C", workspace], runs=5)
    archived = furnish(cpwx, workspace) if size else "latest"
    for line in (["job", "show", "2024"], ["job", "cancel", ""], ["archive", "restore", ""], ["job", "list", "user="],
                 ["report", ""], ["archive", "extract", archived, ""], ["run", "--stages", ""], ["run", "in/"]):
        completion = [cpwx, "complete", "bash", "cpwx", *line]
        shown = " ".join(line).replace(archived, "JOB")
        rows[f"completion of '{shown}', 100 times, ms"] = repeated(completion, OFTEN, env={**os.environ, "CPWX_WORKSPACE": workspace})
    database = f"{workspace}/.cpwx/index.sqlite"
    rows["sqlite3, newest 50, ms"] = repeated(["sqlite3", "-readonly", database, NEWEST])
    rows["sqlite3, failed 50, ms"] = repeated(["sqlite3", "-readonly", database, FAILED])
    rows["find and jq, failed, once, ms"] = by_jq(workspace)
    return rows


def main():
    bench, cpwx, folder = (os.path.abspath(argument) for argument in sys.argv[1:4])
    sizes = sorted(int(size) for size in sys.argv[4:]) or [0, 10_000, 100_000, 1_000_000]
    os.makedirs(folder, exist_ok=True)
    columns = []
    for size in sizes:
        workspace = f"{folder}/workspace"
        if standing(workspace) > size or size == 0:
            workspace = f"{folder}/{size}"  # the one that grows has grown beyond this size
        rows = measured(bench, cpwx, workspace, size)
        if size:
            empty = f"{folder}/0"
            subprocess.run([bench, "generate", empty, "0"], check=True)
            rows.update(changes(bench, workspace, empty))
        columns.append((f"{size:,}", rows))
        print(f"{size:,} jobs measured", file=sys.stderr)
    names = list(dict.fromkeys(name for _, rows in columns for name in rows))
    table = [["jobs"] + [size for size, _ in columns]]
    table += [[name] + [str(rows.get(name, "")) for _, rows in columns] for name in names]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    print("median / p99 in process; median / slowest of", RUNS, "whole processes")
    for row in table:
        print(row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:])), sep="  ")
    print()
    for number, row in enumerate(table):
        print("| " + " | ".join(row) + " |")
        if number == 0:
            print("|---" * len(row) + "|")


main()
