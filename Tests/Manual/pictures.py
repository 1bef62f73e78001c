#!/usr/bin/env python3
"""The README's pictures: a night as the terminal shows it, and its report.

usage: pictures.py CPWX

Films that are nothing but a size go through stages that are shell commands and wait: an hour of film takes some seconds.
The terminal of `cpwx run`, in the middle of the night, becomes night.svg, and the top of the report's page report.png,
both in man/pictures.
"""

import fcntl
import html
import itertools
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios

COMMAND = "cpwx run --jobs 5"
COLUMNS, ROWS = 100, 20
# Seen in the pictures: the same wherever they are made.
FOLDER = "/tmp/films"
PICTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../man/pictures")

# How long they play, in minutes; a megabyte each.
BEFORE = {"D.O.A. (1950).mp4": 83, "Detour (1945).mp4": 68}
FILMS = {
    "Awaara (1951).mkv": 193, "Charade.1963.1080p.mkv": 113, "His Girl Friday (1940).mkv": 92, "Nosferatu (1922).mp4": 94,
    "Pyaasa (1957).mkv": 146, "Shree.420.1955.mkv": 168, "Suddenly (1954).mp4": 75, "The Stranger (1946).mkv": 95,
}
# Name, lane, tenths of a second and megabytes for a hundred minutes of film, what it makes.
STAGES = [
    ("demux", "cpu", 20, 190, "audio/audio.wav"), ("tmdb", "cpu", 4, 0, "metadata/tmdb_data.json"),
    ("silero_vad", "gpu", 4, 0, "vad/segments.json"), ("diarization", "gpu", 10, 1, "diarization/speakers.json"),
    ("asr", "gpu", 26, 2, "asr/transcript.json"), ("subtitle_gen", "cpu", 6, 1, "subtitles/subtitles.srt"),
    ("mux", "cpu", 25, 900, "final_output.mp4"),
]
WORK = r"""# FILM OUTPUT TENTHS MEGABYTES
minutes=$(($(stat -c %s "$1") / 1000000)); steps=$(($3 * minutes / 100 + 1)); step=0
while [ $step -lt $steps ]; do
  printf 'cpwx:progress 0.%02d %d of %d min\n' $((100 * step / steps)) $((minutes * step / steps)) $minutes
  sleep 0.1; step=$((step + 1))
done
case "$CPWX_STAGE $1" in diarization*Nosferatu*) echo "no speech in $minutes minutes of sound" >&2; exit 65;; esac
mkdir -p "$(dirname "$2")"; truncate -s $(($4 * minutes * 10000 + 1000)) "$2"
"""


def workspace(cpwx):
    subprocess.run([cpwx, "init", FOLDER], check=True, stdout=subprocess.DEVNULL)
    with open(f"{FOLDER}/config/stage.sh", "w") as file:
        file.write(WORK)
    with open(f"{FOLDER}/config/pipeline.yaml", "w") as file:
        file.write("name: night\nlanes: {cpu: 2, gpu: 1}\nstages:\n")
        for number, (name, lane, tenths, megabytes, output) in enumerate(STAGES, 1):
            command = f'[sh, config/stage.sh, "{{input}}", "{{job_dir}}/{output}", {tenths}, {megabytes}]'
            file.write(f"  - {{name: {name}, number: {number}, lane: {lane}, command: {command}, "
                       f"inputs: [], outputs: {{made: {output}}}}}\n")


def films(minutes):
    for name, length in minutes.items():
        with open(f"{FOLDER}/in/{name}", "w") as file:
            file.truncate(length * 1000000)


def is_middle(lines):
    """Whether a screen shows what there is to see: films that are done, one that failed, work and waiting."""
    text = "\n".join(lines)
    return (re.search(f"[3-5]/{len(FILMS)} films  1 failed", text) and "waits for" in text
            and re.search(r"asr +█{9,18}░", text) and len(re.findall("█+░+", text)) >= 3)


def night(cpwx):
    """Runs it in a terminal; the screen in the middle."""
    import pyte

    process, terminal = pty.fork()
    if process == 0:
        os.chdir(FOLDER)
        os.execv(cpwx, COMMAND.split() + ["--settle", "0s"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    taken = None
    while True:
        # When nothing comes for a moment, what is there is a whole screen.
        if not select.select([terminal], [], [], 0.05)[0]:
            if not taken and is_middle(screen.display):
                taken = [(text, colours(screen, row)) for row, text in enumerate(screen.display)]
            select.select([terminal], [], [])
        try:
            stream.feed(os.read(terminal, 65536))
        except OSError:
            break
    os.waitpid(process, 0)
    return taken or sys.exit("the night had no moment that shows everything: try again")


WIDTH, HEIGHT, MARGIN, TOP = 8.4, 19, 16, 50
COLOURS = {"red": "#f0716b", "green": "#7bc47f", "brown": "#dcb35c", "cyan": "#6cc5d1"}


def colours(screen, row):
    """The colour of each letter of a row, as pyte names it."""
    return [screen.buffer[row][column].fg for column in range(COLUMNS)]


def drawn(screen):
    """A screen as SVG. The letters are placed by runs, and the bars are drawn, so that any font will do."""
    shapes = []
    for row, (text, colour) in enumerate(screen):
        y = TOP + row * HEIGHT
        for run in re.finditer(r"█+|░+|[^█░ ]+(?: [^█░ ]+)*", text):
            if run[0][0] in "█░":
                x, width = MARGIN + run.start() * WIDTH, len(run[0]) * WIDTH
                color = "#5b92c9" if run[0][0] == "█" else "#343b45"
                shapes.append(f'<rect x="{x:.1f}" y="{y - 11}" width="{width:.1f}" height="12" fill="{color}"/>')
                continue
            for shade, part in itertools.groupby(range(run.start(), run.end()), lambda column: colour[column]):
                columns = [column for column in part if text[column] != " "]
                if not columns:
                    continue
                first, behind = columns[0], columns[-1] + 1
                fill = f' fill="{COLOURS[shade]}"' if shade in COLOURS else ""
                x, width = MARGIN + first * WIDTH, (behind - first) * WIDTH
                shapes.append(
                    f'<text x="{x:.1f}" y="{y}" textLength="{width:.1f}"{fill}>{html.escape(text[first:behind])}</text>')
    width, height = 2 * MARGIN + COLUMNS * WIDTH, TOP + ROWS * HEIGHT
    dots = "".join(f'<circle cx="{20 + 18 * n}" cy="17" r="5.5" fill="#4a515c"/>' for n in range(3))
    body = "\n".join(shapes)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}">
<rect width="100%" height="100%" rx="9" fill="#1b1f24"/>{dots}
<g fill="#d6d9de" font-family="ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
<text x="50%" y="22" text-anchor="middle" fill="#8a919c">{COMMAND}</text>
{body}
</g>
</svg>
"""


def photographed(page, picture):
    """The top of a page, as far as what failed and how full the lanes were."""
    subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
         f"--user-data-dir={FOLDER}/chromium", "--window-size=1200,935", f"--screenshot={picture}", f"file://{page}"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(["pngquant", "--force", "--ext", ".png", "--speed", "1", "--strip", "64", picture], check=True)


def main(cpwx):
    cpwx = os.path.abspath(cpwx)
    os.environ.update(USER="cpwx", LOGNAME="cpwx", LANG="C.UTF-8", TERM="xterm-256color")
    os.environ.pop("SUDO_USER", None)
    os.mkdir(FOLDER)
    try:
        workspace(cpwx)
        films(BEFORE)
        subprocess.run([cpwx, "run", "-q", "--settle", "0s", "-C", FOLDER], check=True, stdout=subprocess.DEVNULL)
        films(FILMS)
        screen = night(cpwx)
        with open(f"{PICTURES}/night.svg", "w") as file:
            file.write(drawn(screen))
        page = f"{FOLDER}/report.html"
        subprocess.run([cpwx, "report", "-C", FOLDER, "-o", page], check=True, stdout=subprocess.DEVNULL)
        photographed(page, f"{PICTURES}/report.png")
    finally:
        shutil.rmtree(FOLDER)


if __name__ == "__main__":
    sys.exit(__doc__) if len(sys.argv) != 2 else main(sys.argv[1])
