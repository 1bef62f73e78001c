#!/usr/bin/env python3
"""The word error rate of a film's subtitles against its known words, through all ten stages.

usage: words.py CPWX FILM

FILM.txt beside the film holds the words. The film runs as a new job in a workspace of its own, SRC_LANG=en.
It leaves with 1 when more than 15 % of the words are wrong.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

MOST = 0.15


def words(text):
    """Lower-case words without punctuation; apostrophes belong to their word."""
    return re.findall(r"[\w']+", text.lower())


def spoken(srt):
    """The text of an SRT file without numbers and times."""
    lines = [line for line in srt.splitlines() if line and not line.isdigit() and "-->" not in line]
    return " ".join(lines)


def edits(reference, heard):
    """Substitutions, deletions and insertions between two lists of words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(reference, 1):
        previous, row = row, [i]
        for j, other in enumerate(heard, 1):
            row.append(min(previous[j - 1] + (word != other), previous[j] + 1, row[j - 1] + 1))
    return row[-1]


def main():
    cpwx, film = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    with tempfile.TemporaryDirectory(dir=".") as workspace:
        subprocess.run([cpwx, "init", workspace], check=True, stdout=subprocess.DEVNULL)
        config = f"{workspace}/config/.env"
        with open(config) as file:
            settings = file.read().replace("SRC_LANG=hi ", "SRC_LANG=en ")
        with open(config, "w") as file:
            file.write(settings)
        shutil.copy(film, f"{workspace}/in/")
        started = time.perf_counter()
        subprocess.run([cpwx, "run", "-q", "-C", workspace], check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        job = subprocess.run(
            [cpwx, "job", "path", "latest", "-C", workspace], check=True, capture_output=True, text=True).stdout.strip()
        with open(f"{job}/subtitles/subtitles.srt") as file:
            heard = words(spoken(file.read()))
        with open(f"{job}/manifest.json") as file:
            model = json.load(file)["stages"]["asr"]["metadata"].get("model")
    with open(os.path.splitext(film)[0] + ".txt") as file:
        reference = words(file.read())
    wrong = edits(reference, heard)
    print(f"{os.path.basename(film)}: {len(reference)} words, {wrong} wrong, word error rate {100 * wrong / len(reference):.1f} %"
          f" ({model}, all ten stages in {seconds:.1f} s)")
    if wrong > MOST * len(reference):
        sys.exit(f"words.py: the word error rate is over {100 * MOST:.0f} %")


main()
