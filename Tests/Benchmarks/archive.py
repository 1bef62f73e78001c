#!/usr/bin/env python3
"""Job archives beside what else is there: archive.py CPWX ARCHIVE-BENCH FOLDER [curve]

A workspace is made in FOLDER, with one job like those of films: half of its bytes WAV, a third mp4, the rest JSON and small files.
Every program archives it, restores it, takes one file out, checks it; five times each, from a source that is in memory, with
nothing left to write when one begins. Told are medians of seconds, and their ratios to the first line: `tar | zstd -3` (create),
`tar --zstd -xf` (restore), `tar --zstd -xO` (one file), `zstd -t` (verify). A line that says cpwx is the program, whole: it looks
for the job, and brings to the disk what it writes. "its library" is the same without that, as the others work. With `curve`: sizes
from 10 MB to 5 GB, and 10 to 100,000 files, by the program, beside tar | zstd, sync, tar -d.
"""
import glob
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
    """As json.dumps with an indent of 1 writes it, which is too slow for gigabytes."""
    segments, length = [], 0
    while length < size:
        text = " ".join(source.choices(WORDS, k=source.randint(3, 14)))
        start = round(source.uniform(0, 7200), 3)
        segments.append(f' {{\n  "start": {start},\n  "end": {start + 2.5},\n  "text": "{text}",\n'
                        f'  "confidence": {round(source.random(), 6)}\n }}')
        length += len(text) + 90
    return ("[\n" + ",\n".join(segments) + "\n]").encode()


def make_job(folder, size, files=60):
    """What stages leave, in the folder of a job that is there."""
    for name in ("audio", "media", "asr", "frames"):
        shutil.rmtree(f"{folder}/{name}", ignore_errors=True)
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
    def __init__(self, cpwx, library, folder):
        self.cpwx, self.library = os.path.abspath(cpwx), [os.path.abspath(library)]
        self.folder = os.path.abspath(folder)
        self.env = dict(os.environ, BORG_REPO=f"{self.folder}/borg", RESTIC_REPOSITORY=f"{self.folder}/restic",
                        RESTIC_PASSWORD="x", BORG_BASE_DIR=f"{self.folder}/borg-home", XDG_CACHE_HOME=f"{self.folder}/cache",
                        BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes", BORG_RELOCATED_REPO_ACCESS_IS_OK="yes")
        self.make_workspace()
        # The job's folder as the archives name it, and its archive.
        self.job, = glob.glob("out/*/*/*/*/*", root_dir=self.folder)
        self.packed = self.path("archive" + self.job.removeprefix("out") + ".tar.zst")

    def make_workspace(self):
        subprocess.run([self.cpwx, "init", self.folder], check=True, stdout=subprocess.DEVNULL)
        with open(self.path("config/pipeline.yaml"), "w") as file:
            file.write("name: nothing\nstages:\n  - {name: stage1, number: 1, command: [/bin/true], inputs: []}\n")
        with open(self.path("in/film.mp4"), "w") as file:
            file.write("a film")
        subprocess.run([self.cpwx, "run", "-q", "-C", self.folder, self.path("in/film.mp4")], check=True)

    def path(self, name):
        return f"{self.folder}/{name}"

    def program(self, *words):
        return [self.cpwx, "archive", *words, "-q", "-C", self.folder]

    def job_id(self):
        return os.path.basename(self.job)

    def clear(self, *names):
        for name in names:
            path = self.path(name)
            if name == "archive":
                # Without its folders, archives that are known would count as out of reach.
                for file in glob.glob(f"{path}/**/*.tar.zst", recursive=True):
                    os.unlink(file)
            elif os.path.isdir(path):
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
            os.sync()
            return dict(command=command, env=self.env, cwd=self.folder)
        return lambda: median(prepare)

    TAR = "tar -cf - out logs | zstd -qf -T0 -3 -o tar.tar.zst"
    RECIPE = f"{TAR} && sync tar.tar.zst && tar --zstd -df tar.tar.zst"

    def create(self):
        bsdtar = "bsdtar --zstd -cf bsd.tar.zst out logs"
        dar = "dar -Q -q -c dar -R . -g out -g logs -zzstd:3"
        borg, borg_begin = "borg create -C zstd,3 ::a out logs", "borg init -e none"
        restic, restic_begin = "restic -q backup out logs", "restic -q init"
        out, to = self.path("out"), self.path("cpwx.tar.zst")
        return {
            "tar | zstd -3": self.fresh(self.TAR, "tar.tar.zst"),
            "cpwx: its library": self.fresh([*self.library, "create", out, to], "cpwx.tar.zst"),
            "bsdtar --zstd": self.fresh(bsdtar, "bsd.tar.zst"),
            "dar": self.fresh(dar, "dar.1.dar"),
            "borg": self.fresh(borg, "borg", "borg-home", before=borg_begin),
            "restic": self.fresh(restic, "restic", "cache", before=restic_begin),
            # Synced and read back. Without a word on it that is compared with the job, or by hashes of it.
            "tar | zstd, sync, tar -d": self.fresh(self.RECIPE, "tar.tar.zst"),
            "cpwx archive --keep": self.fresh(self.program("--keep", self.job_id()), "archive"),
            "cpwx: its library, read back": self.fresh([*self.library, "create-verified", out, to], "cpwx.tar.zst"),
            "bsdtar, sync, -t (no hashes)": self.fresh(f"{bsdtar} && sync bsd.tar.zst && bsdtar -tf bsd.tar.zst", "bsd.tar.zst"),
            "dar, sync, -d": self.fresh(f"{dar} && sync dar.1.dar && dar -Q -q -d dar -R . -g out -g logs", "dar.1.dar"),
            "borg, check": self.fresh(f"{borg} && borg check --verify-data", "borg", "borg-home", before=borg_begin),
            "restic, check": self.fresh(f"{restic} && restic -q check --read-data", "restic", "cache", before=restic_begin),
        }

    def restore(self):
        tar = "tar --zstd -xf tar.tar.zst -C to"
        return {
            "tar --zstd -xf": self.fresh(tar, "to", folder="to"),
            "cpwx: its library": self.fresh([*self.library, "restore", self.packed, self.path("to")], "to", folder="to"),
            "bsdtar -xf": self.fresh("bsdtar -xf bsd.tar.zst -C to", "to", folder="to"),
            "dar": self.fresh("dar -Q -q -x dar -R to", "to", folder="to"),
            "borg": self.fresh("cd to && borg extract ::a", "to", folder="to"),
            "restic": self.fresh("restic -q restore latest --target to", "to", folder="to"),
            "tar, sync": self.fresh(f"{tar} && sync -f to", "to", folder="to"),
            "cpwx archive restore --to": self.fresh(self.program("restore", self.job_id(), "--to", self.path("to")), "to", folder="to"),
        }

    def member(self):
        path = f"{self.job}/frames/000003.json"
        return {
            "tar --zstd -xO": self.fresh(f"tar --zstd -xOf tar.tar.zst {path}"),
            "cpwx archive extract -O": self.fresh(self.program("extract", self.job_id(), path, "-O")),
            "cpwx: its library": self.fresh([*self.library, "member", self.packed, path]),
            "bsdtar -xO, the first": self.fresh(f"bsdtar -q -xOf bsd.tar.zst {path}"),
            "dar": self.fresh(f"dar -Q -q -x dar -R to -g {path}", "to", folder="to"),
            "borg": self.fresh(f"borg extract --stdout ::a {path}"),
            "restic": self.fresh(f"restic -q dump latest /{path}"),
        }

    def verify(self):
        return {
            "zstd -t": self.fresh("zstd -tq tar.tar.zst"),
            "cpwx archive verify": self.fresh(self.program("verify", self.job_id())),
            "cpwx: its library": self.fresh([*self.library, "verify", self.packed]),
            "bsdtar -t (no hashes)": self.fresh("bsdtar -tf bsd.tar.zst"),
            "dar -t": self.fresh("dar -Q -q -t dar"),
            "borg check": self.fresh("borg check --verify-data"),
            "restic check": self.fresh("restic -q check --read-data"),
        }

    def size(self, name):
        """Of a file, or of all in a folder."""
        path = self.path(name)
        if os.path.isfile(path):
            return os.path.getsize(path)
        return sum(os.path.getsize(f"{folder}/{name}") for folder, _, names in os.walk(path) for name in names)

    def table(self):
        for title, measures in (("create", self.create()), ("restore", self.restore()), ("one small file", self.member()),
                                ("verify", self.verify())):
            print(f"\n{title:30} seconds  ratio  memory")
            first = None
            for name, measure in measures.items():
                result = measure()
                first = first or result.seconds
                print(f"  {name:28} {result.seconds:7.3f} {result.seconds / first:6.2f} {result.memory / 1e6:5.0f} MB", flush=True)
            if title == "create":
                sizes = {name: self.size(name) for name in ("tar.tar.zst", "archive", "bsd.tar.zst", "dar.1.dar", "borg", "restic")}
                print("  sizes against tar | zstd -3:", ", ".join(f"{n} {s / sizes['tar.tar.zst']:.4f}" for n, s in sizes.items()))

    def curve(self):
        print(f"\n{'':24} archive  verify  restore  memory  size/content  archive against tar | zstd, sync, tar -d")
        for size, files in ((10, 10), (100, 100), (1000, 100), (5000, 100), (100, 1000), (100, 10_000), (200, 100_000)):
            in_child(make_job, self.path(self.job), size * 1_000_000, files)
            recipe = self.fresh(self.RECIPE, "tar.tar.zst")()
            archive = self.fresh(self.program("--keep", self.job_id()), "archive")()
            verify = self.fresh(self.program("verify", self.job_id()))()
            restore = self.fresh(self.program("restore", self.job_id(), "--to", self.path("to")), "to", folder="to")()
            memory = max(archive.memory, verify.memory, restore.memory) / 1e6
            content = self.size(self.job)
            print(f"  {size:5} MB {files:7} files  {archive.seconds:7.2f} {verify.seconds:7.2f} {restore.seconds:7.2f} {memory:6.0f} MB"
                  f" {self.size('archive') / content:12.3f} {archive.seconds / recipe.seconds:12.2f}", flush=True)


def main():
    cpwx, library, folder = sys.argv[1:4]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    bench = Bench(cpwx, library, folder)
    size = int(os.environ.get("MB", "600"))
    print(f"a job of {size} MB, medians of {RUNS}")
    in_child(make_job, bench.path(bench.job), size * 1_000_000)
    bench.table()
    if sys.argv[4:] == ["curve"]:
        bench.curve()
    shutil.rmtree(folder)


main()
