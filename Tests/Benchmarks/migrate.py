#!/usr/bin/env python3
"""What a migration of old trees takes, side by side with the same moves by a shell loop of mv and jq.

usage: migrate.py CPWX [TREES] [LARGE]

Makes TREES film directories (10,000 by default) as the old application left them, each with a manifest, nine outputs and a
log, and takes in one run: the plan alone, warm, beside find and jq that only look at the same files (medians of three, in
turn); the migration with its journal and everything on the disk; undoing it; and the loop over a tenth of them, with a sync
at its end. Then the same, and the peak memory of each, over LARGE trees (100,000 by default; 0 leaves that out).

migrate.py --make FOLDER TREES only makes the trees.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

STAGES = ["demux", "tmdb", "pre-ner", "silero-vad", "pyannote-vad", "diarization", "asr", "post-ner", "subtitle-gen"]
OUTPUTS = [
    "audio/audio.wav", "metadata/tmdb_data.json", "entities/pre_ner.json", "vad/silero_segments.json",
    "vad/pyannote_segments.json", "diarization/{}.speaker_segments.json", "asr/{}.asr.json",
    "post_ner/{}.corrected.json", "en_merged/{}.merged.srt",
]


def tree(folder, number):
    name = f"Film_Number_{number}_{1950 + number % 75}"
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1_700_000_000 + number * 300))
    home = f"{folder}/out/{name}"
    stages = {}
    for stage, output in zip(STAGES, OUTPUTS):
        path = f"{home}/{output.format(name)}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write("{}")
        stages[stage] = {
            "status": "success", "started_at": f"{stamp}.000001", "completed_at": f"{stamp}.500000",
            "duration_seconds": 0.5, "metadata": {},
            "outputs": {"file": {"path": f"/home/user/app/out/{name}/{output.format(name)}", "exists": True,
                                 "size_bytes": 2, "description": "an output"}},
        }
    with open(f"{home}/manifest.json", "w") as file:
        json.dump({
            "version": "1.0.0", "created_at": f"{stamp}.000001", "movie_dir": f"out/{name}", "stages": stages,
            "pipeline": {"status": "failed", "current_stage": None, "completed_stages": STAGES, "failed_stages": []},
        }, file, indent=2)
    with open(f"{folder}/logs/asr_{name}_{stamp.replace('-', '').replace(':', '').replace('T', '_')}.log", "w") as file:
        file.write("heard\n")


def make(folder, count):
    for name in ["in", "out", "logs", "config"]:
        os.makedirs(f"{folder}/{name}")
    with open(f"{folder}/config/.env", "w") as file:
        file.write("LOG_LEVEL=info\nHF_TOKEN=hf_0123456789\n")
    for number in range(count):
        tree(folder, number)
    os.sync()


def timed(*command):
    """Seconds, and the peak memory in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed: {said.decode()}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


LOOK = r"""
cd "$1" && find . -printf '%y %s %T@ %p\n' > /dev/null && cat out/*/manifest.json |
  jq -c '[.created_at, .pipeline.status]' > /dev/null
"""

LOOP = r"""
cd "$1" && n=0
for d in out/*_*/; do
  d=${d%/}; [ -f "$d/manifest.json" ] || continue
  n=$((n + 1)); id=$(jq -r '.created_at[0:10] | gsub("-"; "")' "$d/manifest.json")-$(printf %03d $n)
  to=out/$(echo "$id" | sed 's,^\(....\)\(..\)\(..\).*,\1/\2/\3,')/1; mkdir -p "$to"
  jq --arg id "$id" '.job_id = $id | .user_id = 1' "$d/manifest.json" > "$d/new.json"
  mv "$d/manifest.json" "$d/manifest.legacy.json" && mv "$d/new.json" "$d/manifest.json"
  jq -n --arg id "$id" '{job_id: $id, user_id: 1}' > "$d/job_info.json"
  cp config/.env "$d/job.env"; mv -n "$d" "$to/$id"
done
sync
"""


def main():
    if sys.argv[1] == "--make":
        return make(sys.argv[2], int(sys.argv[3]))
    cpwx, trees = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    large = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
    parent = tempfile.mkdtemp(prefix="cpwx-migrate-", dir=os.environ.get("BENCH_DIR"))
    try:
        folder = f"{parent}/films"
        make(folder, trees)
        migrate = [cpwx, "migrate", "--from-legacy", "-C", folder]
        undoing = [cpwx, "migrate", "undo", "-C", folder]
        timed(*migrate, "-n", "--format", "ndjson")
        looks, plans = zip(*[
            (timed("sh", "-c", LOOK, "sh", folder)[0], timed(*migrate, "-n", "--format", "ndjson")) for _ in range(3)])
        looked, (plan, plan_memory) = sorted(looks)[1], sorted(plans)[1]
        run, run_memory = timed(*migrate, "--format", "ndjson")
        undo, undo_memory = timed(*undoing)
        some = max(1, trees // 10)
        make(f"{parent}/loop", some)
        loop, _ = timed("sh", "-c", LOOP, "sh", f"{parent}/loop")
        print(f"{trees} trees: plan, warm   {trees / plan:8.0f} a second, {plan_memory:.0f} MB")
        print(f"{trees} trees: find and jq {trees / looked:8.0f} a second, which only look; the plan is {looked / plan:.1f} times as fast")
        print(f"{trees} trees: plan and run {trees / run:8.0f} a second, {run_memory:.0f} MB")
        print(f"{trees} trees: the run less its plan {trees / max(run - plan, 1e-9):8.0f} a second")
        print(f"{trees} trees: undo         {trees / undo:8.0f} a second, {undo_memory:.0f} MB")
        print(f"{some} trees: mv and jq     {some / loop:8.0f} a second; cpwx is {loop / some * trees / run:.1f} times as fast")
        if large:
            shutil.rmtree(folder)
            make(folder, large)
            plan, plan_memory = timed(*migrate, "-n", "--format", "ndjson")
            run, run_memory = timed(*migrate, "--format", "ndjson")
            undo, undo_memory = timed(*undoing)
            print(
                f"{large} trees: plan {large / plan:.0f} a second, {plan_memory:.0f} MB; "
                f"plan and run {large / run:.0f} a second, {run_memory:.0f} MB; "
                f"undo {large / undo:.0f} a second, {undo_memory:.0f} MB")
    finally:
        shutil.rmtree(parent)


main()
