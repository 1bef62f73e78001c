#!/usr/bin/env python3
"""Job archives beside what else is there: archive.py ARCHIVE-BENCH FOLDER [curve]

A job like those of films is made in FOLDER: half of its bytes WAV, a third mp4, the rest JSON and small files. Every program
archives it, restores it, checks it; five times each, in turn, from a source that is in memory. Told are medians of seconds, and their
ratios to `tar | zstd -3` (create), `tar --zstd -xf` (restore), `zstd -t` (verify). With `curve`: sizes from 10 MB to 5 GB, and 10
to 100,000 files.
"""
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time

RUNS = 5
WORDS = "the and was that film she light over again never house night river stone until before".split()


def speech(path, size, seed):
    """Noise with the loudness and band of speech, 16 bits at 16 kHz."""
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"anoisesrc=color=pink:r=16000:seed={seed % 2**32}:d={size / 32000}:a=0.4",
         "-af", "lowpass=f=3400,tremolo=f=2:d=0.9,tremolo=f=0.3:d=0.7", "-c:a", "pcm_s16le", path], check=True)


def film(path, size, source):
    """What a film is to a compressor: no bytes that repeat."""
    with open(path, "wb") as file:
        file.write(b"\0\0\0\x20ftypisom")
        while size > 0:
            file.write(source.randbytes(min(size, 1 << 24)))
            size -= 1 << 24


def transcript(size, source):
    segments, length = [], 0
    while length < size:
        text = " ".join(source.choices(WORDS, k=source.randint(3, 14)))
        start = round(source.uniform(0, 7200), 3)
        segments.append({"start": start, "end": start + 2.5, "text": text, "confidence": round(source.random(), 6)})
        length += len(text) + 90
    return json.dumps(segments, indent=1).encode()


def make_job(folder, size, files=60):
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("audio", "media", "asr", "frames"):
        os.makedirs(f"{folder}/{name}")
    source = random.Random(size)
    speech(f"{folder}/audio/audio.wav", size // 2, size)
    film(f"{folder}/media/final_output.mp4", size // 3, source)
    rest = size - size // 2 - size // 3
    large, small = max(1, files // 20), max(1, files)
    for number in range(large):
        with open(f"{folder}/asr/part-{number:03}.json", "wb") as file:
            file.write(transcript(rest * 9 // 10 // large, source))
    for number in range(small):
        with open(f"{folder}/frames/{number:06}.json", "wb") as file:
            file.write(transcript(rest // 10 // small, source))
    subprocess.run(["sync"], check=True)


def in_child(body, *arguments):
    """In a process of its own: what this one takes of memory would be told of every program that it starts."""
    if child := os.fork():
        if os.waitpid(child, 0)[1]:
            raise SystemExit("no job could be made")
    else:
        try:
            body(*arguments)
            os._exit(0)
        finally:
            os._exit(1)


class Measured:
    def __init__(self, seconds, memory):
        self.seconds, self.memory = seconds, memory


def run(command, **more):
    """Wall-clock seconds, and the largest process's memory in bytes."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, shell=isinstance(command, str), stdout=subprocess.DEVNULL, **more)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        raise SystemExit(f"{command} failed with {status}")
    return Measured(time.perf_counter() - begun, usage.ru_maxrss * 1024)


def median(make):
    """Of RUNS runs; `make` prepares what one needs and returns its command."""
    results = [run(**make()) for _ in range(RUNS)]
    return Measured(statistics.median(r.seconds for r in results), max(r.memory for r in results))


class Bench:
    def __init__(self, program, folder):
        self.program, self.folder = os.path.abspath(program), os.path.abspath(folder)
        self.job = f"{self.folder}/job"
        self.env = dict(os.environ, BORG_REPO=f"{self.folder}/borg", RESTIC_REPOSITORY=f"{self.folder}/restic",
                        RESTIC_PASSWORD="x", BORG_BASE_DIR=f"{self.folder}/borg-home", XDG_CACHE_HOME=f"{self.folder}/cache",
                        BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes", BORG_RELOCATED_REPO_ACCESS_IS_OK="yes")

    def path(self, name):
        return f"{self.folder}/{name}"

    def clear(self, *names):
        for name in names:
            path = self.path(name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.unlink(path)

    def fresh(self, command, *names, folder=None, before=None):
        """A way to make a command's run begin anew."""
        def prepare():
            self.clear(*names)
            if folder:
                os.makedirs(self.path(folder))
            if before:
                subprocess.run(before, shell=True, check=True, env=self.env, stdout=subprocess.DEVNULL)
            return dict(command=command, env=self.env, cwd=self.folder)
        return lambda: median(prepare)

    def create(self):
        tar = "tar -cf - job | zstd -qf -T0 -3 -o tar.tar.zst"
        return {
            "tar | zstd -3": self.fresh(tar, "tar.tar.zst"),
            "cpwx": self.fresh([self.program, "create", self.job, self.path("cpwx.tar.zst")], "cpwx.tar.zst"),
            "tar | zstd, sync, tar -d": self.fresh(f"{tar}; sync tar.tar.zst; tar --zstd -df tar.tar.zst", "tar.tar.zst"),
            "cpwx, synced, read back": self.fresh(
                [self.program, "create-verified", self.job, self.path("cpwx.tar.zst")], "cpwx.tar.zst"),
            "bsdtar --zstd": self.fresh("bsdtar --zstd -cf bsd.tar.zst job", "bsd.tar.zst"),
            "dar": self.fresh("dar -Q -q -c dar -R . -g job -zzstd:3", "dar.1.dar"),
            "borg": self.fresh("borg create -C zstd,3 ::a job", "borg", "borg-home", before="borg init -e none"),
            "restic": self.fresh("restic -q backup job", "restic", "cache", before="restic -q init"),
        }

    def restore(self):
        return {
            "tar --zstd -xf": self.fresh("tar --zstd -xf tar.tar.zst -C to", "to", folder="to"),
            "cpwx": self.fresh([self.program, "restore", self.path("cpwx.tar.zst"), self.path("to")], "to", folder="to"),
            "bsdtar -xf": self.fresh("bsdtar -xf bsd.tar.zst -C to", "to", folder="to"),
            "dar": self.fresh("dar -Q -q -x dar -R to", "to", folder="to"),
            "borg": self.fresh("cd to && borg extract ::a", "to", folder="to"),
            "restic": self.fresh("restic -q restore latest --target to", "to", folder="to"),
        }

    def member(self):
        path = "frames/000003.json"
        return {
            "tar --zstd -xO": self.fresh(f"tar --zstd -xOf tar.tar.zst job/{path}"),
            "cpwx": self.fresh([self.program, "member", self.path("cpwx.tar.zst"), f"out/{path}"]),
            "dar": self.fresh(f"dar -Q -q -x dar -R to -g job/{path}", "to", folder="to"),
            "borg": self.fresh(f"borg extract --stdout ::a job/{path}"),
            "restic": self.fresh(f"restic -q dump latest {'/job/' + path}"),
        }

    def verify(self):
        return {
            "zstd -t": self.fresh("zstd -tq tar.tar.zst"),
            "cpwx": self.fresh([self.program, "verify", self.path("cpwx.tar.zst")]),
            "borg": self.fresh("borg check --verify-data"),
            "restic": self.fresh("restic -q check --read-data"),
        }

    def table(self):
        for title, measures in (("create", self.create()), ("restore", self.restore()), ("one small file", self.member()),
                                ("verify", self.verify())):
            print(f"\n{title:28} seconds  ratio  memory")
            first = None
            for name, measure in measures.items():
                result = measure()
                first = first or result.seconds
                print(f"  {name:26} {result.seconds:7.3f} {result.seconds / first:6.2f} {result.memory / 1e6:5.0f} MB", flush=True)
            if title == "create":
                sizes = {name: os.path.getsize(self.path(name)) for name in ("tar.tar.zst", "cpwx.tar.zst", "bsd.tar.zst", "dar.1.dar")}
                print("  sizes against tar | zstd -3:", ", ".join(f"{n} {s / sizes['tar.tar.zst']:.4f}" for n, s in sizes.items()))

    def curve(self):
        print(f"\n{'':24} create  verify  restore  memory  size/content  against tar | zstd")
        for size, files in ((10, 10), (100, 100), (1000, 100), (5000, 100), (100, 1000), (100, 10_000), (200, 100_000)):
            in_child(make_job, self.job, size * 1_000_000, files)
            plain = self.fresh("tar -cf - job | zstd -qf -T0 -3 -o tar.tar.zst", "tar.tar.zst")()
            create = self.fresh([self.program, "create", self.job, self.path("cpwx.tar.zst")], "cpwx.tar.zst")()
            verify = self.fresh([self.program, "verify", self.path("cpwx.tar.zst")])()
            restore = self.fresh([self.program, "restore", self.path("cpwx.tar.zst"), self.path("to")], "to", folder="to")()
            memory = max(create.memory, verify.memory, restore.memory) / 1e6
            packed = os.path.getsize(self.path("cpwx.tar.zst"))
            print(f"  {size:5} MB {files:7} files  {create.seconds:7.2f} {verify.seconds:7.2f} {restore.seconds:7.2f} {memory:6.0f} MB"
                  f" {packed / size / 1e6:8.3f} {create.seconds / plain.seconds:12.2f}", flush=True)


def main():
    program, folder = sys.argv[1:3]
    os.makedirs(folder, exist_ok=True)
    bench = Bench(program, folder)
    size = int(os.environ.get("MB", "600"))
    print(f"a job of {size} MB, medians of {RUNS}")
    in_child(make_job, bench.job, size * 1_000_000)
    bench.table()
    if sys.argv[3:] == ["curve"]:
        bench.curve()
    shutil.rmtree(folder)


main()
