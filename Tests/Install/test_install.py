"""What `make install`, `make uninstall` and `make deb` do, with programs that are built already.

BUILT names their folder, by default .build/debug.
"""

import gzip
import os
import re
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = os.environ.get("BUILT") or str(ROOT / ".build" / "debug")


def make(*arguments, umask=-1):
    # The quickest compressor: what is tested is what lies in the package.
    environment = {**os.environ, "DPKG_DEB_COMPRESSOR_TYPE": "gzip", "DPKG_DEB_COMPRESSOR_LEVEL": "1"}
    environment.pop("MAKEFLAGS", None)
    done = subprocess.run(
        ["make", "--no-print-directory", f"BUILT={BUILT}", *arguments], cwd=ROOT, env=environment, umask=umask,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode()
    return done.stdout.decode()


def everything(root):
    return sorted(str(path.relative_to(root)) for path in Path(root).rglob("*"))


def expected(zsh):
    """What is installed below the prefix, and nothing else: each file, and how it may be used."""
    examples = [path.relative_to(ROOT / "config") for folder in ("sdk", "schemas") for path in (ROOT / "config" / folder).iterdir()]
    files = {
        "bin/cpwx": 0o755, "bin/cpwx-stage": 0o755,
        **{f"lib/systemd/system/{name}": 0o644 for name in (
            "cpwx-archive.service", "cpwx-archive.timer", "cpwx-nights.service", "cpwx-nights.timer")},
        "share/bash-completion/completions/cpwx": 0o644, "share/fish/vendor_completions.d/cpwx.fish": 0o644,
        f"share/zsh/{zsh}/_cpwx": 0o644,
        **{f"share/doc/cpwx/{name}": 0o644 for name in (
            "CHANGELOG.md", "LICENSE", "README.md", "man/pictures/night.svg", "man/pictures/report.png")},
        **{f"share/doc/cpwx/examples/{name}": 0o644 for name in (
            "Dockerfile", "docker-compose.yml", "env.example", "pipeline.yaml",
            *(path for path in examples if path.suffix in (".py", ".json")))},
        **{f"share/man/man{page.suffix[1]}/{page.name}.gz": 0o644 for page in ROOT.glob("man/*.[157]")}}
    folders = {str(parent) for file in files for parent in Path(file).parents if parent != Path(".")}
    return files | {folder: 0o755 for folder in folders}


def modes(root):
    return {str(path.relative_to(root)): stat.S_IMODE(path.lstat().st_mode) for path in Path(root).rglob("*")}


class Packages(unittest.TestCase):
    """What is to be run to get them, as `make -n demo` prints it; nobody but root can run it as it is."""

    def said(self, *user):
        with open(ROOT / "Makefile", "rb") as makefile:
            # Another user may not be able to read this folder.
            done = subprocess.run(
                [*user, "make", "-n", "-f", "-", "demo"], cwd="/", stdin=makefile, check=True, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "HOME": "/"})
        return [line for line in done.stdout.decode().splitlines() if "apt-get install" in line]

    def expect(self, before, lines):
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], rf";\s+{before}apt-get update -q && +{before}env [A-Z_a-z0-9= ]+ apt-get install ")

    def test_are_installed_with_sudo_but_by_root_without(self):
        if os.geteuid() == 0:
            self.expect("", self.said())
            self.expect("sudo ", self.said("setpriv", "--reuid=65534", "--clear-groups"))
        else:
            self.expect("sudo ", self.said())


class Demo(unittest.TestCase):
    """README's first command, on a terminal, where what it sets up is there already."""

    def made(self, place):
        environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        done = subprocess.run(
            ["script", "-qec", f"make --no-print-directory demo DEMO={place}", "/dev/null"], cwd=ROOT,
            env={**environment, "TERM": "xterm", "NO_COLOR": "1"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        said = done.stdout.decode()
        self.assertEqual(done.returncode, 0, said)
        return said.replace("\r\n", "\n")

    def test_makes_a_film_with_subtitles_once_and_says_what_it_does(self):
        with tempfile.TemporaryDirectory() as folder:
            for turn in (1, 2):
                said = self.made(f"{folder}/demo")
                for part in ("packages", "building cpwx and cpwx-stage", "speech engines", "a workspace in", "cpwx run -C"):
                    self.assertRegex(said, rf"(?m)^== .*{part}|^{part}")
                self.assertRegex(said, r"\d\d:\d\d:\d\d,\d\d\d --> \d\d:\d\d:\d\d,\d\d\d\n\w")
                self.assertRegex(said, r"codec_type=subtitle.*language=eng")
                self.assertEqual(len(list(Path(folder).glob("demo/out/*/*/*/*/*/final_output.mp4"))), 1, said)
            self.assertEqual(len(list(Path(folder).glob("demo/out/*/*/*/*/*"))), 1)


class Installing(unittest.TestCase):
    def test_that_is_installed_and_nothing_else_whatever_the_umask(self):
        # The record is what make uninstall goes by.
        whole = expected("site-functions") | {"share/doc/cpwx/installed": 0o644}
        for umask in (0o022, 0o077, 0o000):
            with self.subTest(oct(umask)), tempfile.TemporaryDirectory() as folder:
                make("install", f"DESTDIR={folder}", "PREFIX=/usr/local", umask=umask)
                self.assertEqual(modes(f"{folder}/usr/local"), whole)
                recorded = Path(folder, "usr/local/share/doc/cpwx/installed").read_text().splitlines()
                self.assertEqual({line.removeprefix("./") for line in recorded if line.startswith("./")}, set(whole))
                # What was changed since by a newer version is taken over.
                make("install", f"DESTDIR={folder}", "PREFIX=/usr/local", umask=umask)
                self.assertEqual(modes(f"{folder}/usr/local"), whole)

    def test_all_is_where_debian_wants_it_and_goes_without_a_trace(self):
        with tempfile.TemporaryDirectory() as folder:
            for kept in ("usr/local/bin/other", "usr/local/share/man/man1/other.1"):
                Path(folder, kept).parent.mkdir(parents=True)
                Path(folder, kept).write_text("")
            before = everything(folder)
            make("install", f"DESTDIR={folder}", "PREFIX=/usr/local")
            top = Path(folder, "usr/local")
            said = subprocess.run([top / "bin/cpwx", "--version"], check=True, stdout=subprocess.PIPE).stdout.decode()
            self.assertRegex(said, r"^\d+\.\d+\.\d+$")
            for page in ROOT.glob("man/*.[157]"):
                self.assertTrue((top / f"share/man/man{page.suffix[1]}/{page.name}.gz").exists(), page.name)
            for place in (
                    "bin/cpwx-stage", "share/bash-completion/completions/cpwx", "share/zsh/site-functions/_cpwx",
                    "share/fish/vendor_completions.d/cpwx.fish", "lib/systemd/system/cpwx-nights.timer",
                    "share/doc/cpwx/examples/env.example", "share/doc/cpwx/examples/docker-compose.yml",
                    "share/doc/cpwx/examples/Dockerfile", "share/doc/cpwx/examples/sdk/manifest.py"):
                self.assertTrue((top / place).is_file(), place)
            links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", (top / "share/doc/cpwx/README.md").read_text())
            self.assertLessEqual({"man/pictures/night.svg", "man/pictures/report.png", "examples/pipeline.yaml", "examples/sdk"}, set(links))
            self.assertEqual([link for link in links if not (top / "share/doc/cpwx" / link).exists()], [])
            unit = (top / "lib/systemd/system/cpwx-nights.service").read_text()
            self.assertIn("ExecStart=/usr/local/bin/cpwx run", unit)
            make("install", f"DESTDIR={folder}", "PREFIX=/usr/local")
            make("uninstall", f"DESTDIR={folder}", "PREFIX=/usr/local")
            self.assertEqual(everything(folder), before)
            self.assertIn("nothing of cpwx is installed", make("uninstall", f"DESTDIR={folder}", "PREFIX=/usr/local"))

    def test_folders_that_were_made_for_it_go_too(self):
        with tempfile.TemporaryDirectory() as folder:
            make("install", f"DESTDIR={folder}", "PREFIX=/opt/film tools")
            self.assertTrue(Path(folder, "opt/film tools/bin/cpwx").exists())
            make("uninstall", f"DESTDIR={folder}", "PREFIX=/opt/film tools")
            self.assertEqual(everything(folder), [])

    def test_timers_that_were_enabled_are_so_no_more(self):
        with tempfile.TemporaryDirectory() as folder:
            make("install", f"DESTDIR={folder}", "PREFIX=/usr/local")
            wanted = Path(folder, "etc/systemd/system/timers.target.wants")
            wanted.mkdir(parents=True)
            (wanted / "cpwx-nights.timer").symlink_to("/usr/local/lib/systemd/system/cpwx-nights.timer")
            (wanted / "cpwx-archive.timer").symlink_to("/opt/elsewhere/cpwx-archive.timer")
            make("uninstall", f"DESTDIR={folder}", "PREFIX=/usr/local")
            self.assertEqual(
                [path for path in everything(folder) if "cpwx" in path],
                ["etc/systemd/system/timers.target.wants/cpwx-archive.timer"])

    def test_folders_that_were_there_stay_and_so_does_what_others_put_there(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "opt").mkdir()
            for _ in range(2):
                make("install", f"DESTDIR={folder}", "PREFIX=/opt/film tools")
            Path(folder, "opt/film tools/notes").touch()
            make("uninstall", f"DESTDIR={folder}", "PREFIX=/opt/film tools")
            self.assertEqual(everything(folder), ["opt", "opt/film tools", "opt/film tools/notes"])


class Package(unittest.TestCase):
    @staticmethod
    def expected():
        """What is installed, where Debian 12 has it and under the names that it has there."""
        moved = {"share/doc/cpwx/LICENSE": "share/doc/cpwx/copyright", "share/doc/cpwx/CHANGELOG.md": "share/doc/cpwx/NEWS.md"}
        files = {
            name if name.startswith("lib") else f"usr/{moved.get(name, name)}": mode
            for name, mode in expected("vendor-completions").items()}
        added = {
            "usr": 0o755, "usr/share/doc/cpwx/changelog.gz": 0o644, "usr/share/lintian": 0o755,
            "usr/share/lintian/overrides": 0o755, "usr/share/lintian/overrides/cpwx": 0o644}
        return files | added

    def test_what_a_remedy_says_is_to_be_installed_is_needed_recommended_or_suggested(self):
        fields = (ROOT / "config/debian/control").read_text()
        known = set(re.findall(r"[a-z][a-z0-9.+-]+", " ".join(re.findall(r"(?m)^(?:Depends|Recommends|Suggests): (.*)", fields))))
        code = "\n".join(path.read_text() for path in (ROOT / "Sources").rglob("*.swift"))
        named = set(re.findall(r"""apt-get install ([a-z0-9-]+(?:\.[a-z]+)?)|package: "([^"]+)|([a-z0-9-]+) \((?:Docker|Ubuntu)'s""", code))
        named = {name for names in named for name in names if name}
        self.assertLessEqual({"ffmpeg", "docker.io", "docker-compose-plugin", "slurm-client"}, named)
        self.assertEqual(named - known, set())

    def test_it_holds_what_it_says_and_lintian_finds_no_error(self):
        with tempfile.TemporaryDirectory() as folder:
            package = f"{folder}/cpwx.deb"
            make("deb", f"DEB={package}")
            fields = subprocess.run(["dpkg-deb", "-f", package], check=True, stdout=subprocess.PIPE).stdout.decode()
            self.assertEqual(
                re.findall(r"(?m)^Depends: .*", fields),
                ["Depends: ffmpeg, python3 (>= 3.11), python3-venv, curl, ca-certificates"])
            subprocess.run(["dpkg-deb", "-x", package, f"{folder}/root"], check=True)
            root = Path(folder, "root")
            self.assertEqual(modes(root), self.expected())
            subprocess.run([root / "usr/bin/cpwx", "init", f"{folder}/films"], check=True, stdout=subprocess.DEVNULL)
            self.assertTrue(Path(folder, "films/config/.env").exists())
            nights = gzip.decompress((root / "usr/share/man/man7/cpwx-nights.7.gz").read_bytes()).decode()
            self.assertIn("ExecStart=/usr/bin/cpwx run", nights)
            self.assertNotIn("/usr/local", nights)
            layout = gzip.decompress((root / "usr/share/man/man7/cpwx-layout.7.gz").read_bytes()).decode()
            named = re.findall(r"(?m)^\.It Pa (/usr/\S+)", layout)
            self.assertIn("/usr/share/doc/cpwx/examples/schemas/", named)
            self.assertEqual([path for path in named if not (root / path[1:]).exists()], [])
            self.assertIn("ExecStart=/usr/bin/cpwx", (root / "lib/systemd/system/cpwx-archive.service").read_text())
            self.assertTrue((root / "usr/share/zsh/vendor-completions/_cpwx").exists())
            page = subprocess.run(
                ["mandoc", "-Tmarkdown", root / "usr/share/man/man1/cpwx-run.1.gz"], check=True, stdout=subprocess.PIPE)
            self.assertIn("**--from-stage**", page.stdout.decode().replace("\\", ""))
            # Programs that are built for tests need libraries of their own, and look for Swift's where they were built.
            of_debugging = ["--suppress-tags", "custom-library-search-path,missing-dependency-on-libc"]
            found = subprocess.run(
                ["lintian", "--no-cfg", "--fail-on", "error", *(of_debugging if "debug" in BUILT else []), package],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(found.returncode, 0, found.stdout.decode())
            # What it depends on is there, by the names that it gives, for the tests need it too.
            tried = subprocess.run(["dpkg", "--no-act", "-i", package], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(tried.returncode, 0, tried.stdout.decode())

    def test_it_is_installed_by_dpkg_used_on_the_spot_and_purged(self):
        with tempfile.TemporaryDirectory() as folder:
            package, root = f"{folder}/cpwx.deb", Path(folder, "root")
            make("deb", f"DEB={package}")
            for part in ("updates", "info"):
                (root / "var/lib/dpkg" / part).mkdir(parents=True)
            (root / "var/lib/dpkg/status").touch()

            def dpkg(*arguments):
                # What it depends on is not in a root of its own.
                done = subprocess.run(
                    ["dpkg", f"--root={root}", f"--log={folder}/log", "--force-not-root", "--force-depends",
                     "--force-script-chrootless", *arguments],
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.assertEqual(done.returncode, 0, done.stdout.decode())
                return done.stdout.decode()

            def files():
                return [path for path in everything(root) if not path.startswith("var")]

            dpkg("-i", package)
            self.assertRegex(dpkg("--status", "cpwx"), r"(?m)^Status: install ok installed$")
            self.assertEqual(dpkg("--verify", "cpwx"), "")
            said = subprocess.run([root / "usr/bin/cpwx", "--version"], check=True, stdout=subprocess.PIPE).stdout.decode()
            self.assertRegex(dpkg("--status", "cpwx"), rf"(?m)^Version: {re.escape(said.strip())}$")
            subprocess.run([root / "usr/bin/cpwx", "init", f"{folder}/films"], check=True, stdout=subprocess.DEVNULL)
            films = Path(folder, "films")
            (films / "config/pipeline.yaml").write_text(
                "stages: [{name: one, number: 1, command: [sh, -c, 'cat \"$0\" > \"$1/copy\"', '{input}', '{job_dir}']}]")
            (films / "in/Film (2001).mp4").write_text("a film")
            environment = {
                name: value for name, value in os.environ.items() if not name.startswith(("CPWX_", "STEP_", "NOTIFY_"))}
            done = subprocess.run(
                [root / "usr/bin/cpwx", "run", "--settle", "0s", "-C", films], env=environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 0, done.stdout.decode())
            self.assertEqual([path.read_text() for path in films.glob("out/*/*/*/*/*/copy")], ["a film"])
            found = subprocess.run(
                ["mman", "-M", root / "usr/share/man", "-w", "cpwx-run"], check=True, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL).stdout.decode()
            self.assertEqual(Path(found.strip()).resolve(), (root / "usr/share/man/man1/cpwx-run.1.gz").resolve())
            asked = subprocess.run(
                ["bash", "-c", '. "$1"; COMP_WORDS=(cpwx job li) COMP_CWORD=2; _cpwx cpwx li job; echo "$COMPREPLY"', "bash",
                 root / "usr/share/bash-completion/completions/cpwx"],
                env={**os.environ, "PATH": f"{root}/usr/bin:{os.environ['PATH']}"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(asked.stdout.decode().strip(), "list", asked.stderr.decode())
            wanted = root / "etc/systemd/system/timers.target.wants"
            wanted.mkdir(parents=True)
            for timer in ("cpwx-nights.timer", "cpwx-archive.timer"):
                (wanted / timer).symlink_to(f"/lib/systemd/system/{timer}")
            # Of an installation beside it.
            (wanted / "cpwx-archive.timer").unlink()
            (wanted / "cpwx-archive.timer").symlink_to("/usr/local/lib/systemd/system/cpwx-archive.timer")
            dpkg("--purge", "cpwx")
            links = "etc/systemd/system/timers.target.wants"
            self.assertEqual(files(), ["etc", "etc/systemd", "etc/systemd/system", links, f"{links}/cpwx-archive.timer"])


if __name__ == "__main__":
    unittest.main()
