"""Every text of cpwx-errors(7) is provoked by a test, and every text of an error in the sources is on the page."""

import re
import unittest

import provoking
import sources
import test_archive_errors
import test_engine_errors
import test_errors
import test_findings
import test_manual as manual
import test_notices
import test_places
import test_reasons
import test_stage_errors
import test_system_errors
import test_warnings

# Those that need a daemon of containers, a whole cluster or hours are provoked by tests that have them: the file, and words of the test.
DOCKER, CLUSTER = "Tests/AcceptanceTests/Docker", "Tests/AcceptanceTests/Cluster"
ARCHIVES = "Tests/AcceptanceTests/Archives"
ELSEWHERE = {
    "the image of the service ... is not on this machine": (
        f"{DOCKER}/MissingEngineTests.swift", "the image of the service 'lacking'"),
    "may have a container at work on ...": (f"{CLUSTER}/ClusterContainerTests.swift", "on n9"),
    "may have a container at work (...), which could not be seen: ...": (
        f"{DOCKER}/ContainerFaultTests.swift", "could not be seen: the Docker daemon does not answer"),
    "is cancelled; its container may go on: ...": (
        f"{DOCKER}/ContainerFaultTests.swift", "is cancelled; its container may go on"),
    "its folder's path has no room in a script of N bytes, which is all that the cluster takes": (
        f"{CLUSTER}/ClusterSettingsTests.swift", "has no room in a script of"),
    "its task ended before the job did": (f"{CLUSTER}/ClusterContainerTests.swift", "its task ended before the job did"),
    "Docker can give containers no GPU on this machine": (
        f"{DOCKER}/ContainerFaultTests.swift", "no GPU on this machine"),
    "is done by the service ..., and there is none": (
        f"{DOCKER}/MissingEngineTests.swift", "the service 'tol', and there is none"),
    "the compose file is not right: ...": (f"{DOCKER}/MissingEngineTests.swift", "the compose file is not right"),
    "docker has no plugin compose (v2)": (f"{DOCKER}/MissingEngineTests.swift", "no plugin compose"),
    "the Docker daemon does not answer at ...": (f"{DOCKER}/MissingEngineTests.swift", "does not answer at unix"),
    "this user may not speak to the Docker daemon": (
        f"{DOCKER}/MissingEngineTests.swift", "may not speak to the Docker daemon"),
    "the compose file has no service ...": (f"{DOCKER}/ContainerFaultTests.swift", "the compose file has no service fixed"),
    "the image ... is not on this machine": (
        f"{DOCKER}/ContainerFaultTests.swift", ":latest is not on this machine"),
    "stages cannot be run just now; that is waited out, ... at the most: ...": (
        f"{DOCKER}/DaemonOutageTests.swift", "stages cannot be run just now"),
    "stages can be run again": (f"{DOCKER}/DaemonOutageTests.swift", "stages can be run again"),
    "the Docker daemon was started anew while its container was at work": (
        f"{DOCKER}/DaemonOutageTests.swift", "the Docker daemon was started anew"),
    "another container has its name: ...": (f"{DOCKER}/ContainerFaultTests.swift", "another container has its name"),
    "its image cannot start it: ...": (f"{DOCKER}/ContainerFaultTests.swift", "its image cannot start it"),
    "the cluster's controller does not answer; its jobs go on, and are followed: ...": (
        f"{CLUSTER}/ClusterFaultTests.swift", "its jobs go on, and are followed"),
    "the cluster's controller answers again": (f"{CLUSTER}/ClusterFaultTests.swift", "controller answers again"),
    "could be copied, and not taken away: ... is another user's": (
        "Tests/AcceptanceTests/Migration/MigrateOwnerTests.swift", "could be copied, and not taken away: "),
    "is moved, and what is left of the original cannot be removed: ... (...)": (
        "Tests/AcceptanceTests/Migration/MigrateOwnerTests.swift", "is moved, and what is left of the original cannot be"),
    # They are ten million.
    "the archive cannot be written: it would have too many members": (
        "Tests/SeekableTarTests/HostileTableTests.swift", "the archive cannot be written: it would have too many members"),
    # They are a million million.
    "holds more than N bytes once decompressed": (
        "Tests/SeekableTarTests/HostileTests.swift", "holds more than 1000 bytes once decompressed"),
    "the cluster knows its task no more, and it had not ended": (
        f"{CLUSTER}/ClusterFaultTests.swift", "the cluster knows its task no more, and it had not ended"),
    "it needed more memory than there was for it, and was killed; give the stage more by 'memory' in the pipeline file": (
        f"{DOCKER}/ContainerFaultTests.swift", "give the stage more by 'memory' in the pipeline file"),
    "docker compose did not start its container": (
        f"{DOCKER}/ContainerFaultTests.swift", "docker compose did not start its container: Error response"),
    "the film's path is no UTF-8, which is all that Docker passes on; it needs another one": (
        f"{DOCKER}/ContainerFaultTests.swift", "the film's path is no UTF-8, which is all that Docker passes on"),
    "the job's folder ... is not below ..., where containers see it": (
        f"{DOCKER}/ContainerFaultTests.swift", "is not below"),
    "it ended with exit code N, and ...": (f"{DOCKER}/DaemonOutageTests.swift", "it ended with exit code "),
    "nothing more is begun: ...": (f"{DOCKER}/DaemonOutageTests.swift", "nothing more is begun: gate: "),
    "it was not handed to the cluster; the next run goes on with it": (
        f"{CLUSTER}/ClusterFaultTests.swift", "it was not handed to the cluster; the next run goes on with it"),
    "waiting for it to end": ("Tests/AcceptanceTests/Faults/OneOwnerTests.swift", "waiting for it to end"),
    "the cluster's queue is full, and is waited for: ...": (
        f"{CLUSTER}/ClusterSettingsTests.swift", "the cluster's queue is full, and is waited for"),
    "the cluster holds N of the tasks (...), until somebody lets them go: scontrol release ...": (
        f"{CLUSTER}/ClusterSettingsTests.swift", "the cluster holds 1 of the tasks (JobHeldUser), until somebody lets them go"),
    "the cluster has suspended N of the tasks; where it does not go on with them by itself: scontrol resume ...": (
        f"{CLUSTER}/ClusterFaultTests.swift", "the cluster has suspended 1 of the tasks; where it does not go on"),
    "the cluster never begins N of the tasks as they are (...); see: scontrol show job ...": (
        f"{CLUSTER}/ClusterSettingsTests.swift", "the cluster never begins 1 of the tasks as they are (PartitionTimeLimit)"),
    "the cluster could not be told to end the batch, and will be told again: ...": (
        f"{CLUSTER}/ClusterFollowTests.swift", "the cluster could not be told to end the batch, and will be told again"),
    "what runs on the cluster is left there; later: cpwx run --attach ...": (
        f"{CLUSTER}/ClusterFollowTests.swift", "what runs on the cluster is left there; later: cpwx run --attach"),
    "its task stays in the cluster's queue, and will end as soon as it begins: ...": (
        f"{CLUSTER}/ClusterCancelTests.swift", "will end as soon as it begins"),
    "not begun: stopped": (f"{ARCHIVES}/InterruptedArchivingTests.swift", "not begun: stopped"),
    "stopped": (f"{ARCHIVES}/InterruptedArchivingTests.swift", "skipped: stopped"),
    "on the cluster": (f"{CLUSTER}/ClusterFollowTests.swift", "on the cluster"),
    "not found beside cpwx, among the engines or in PATH: no stage that ships can run": (
        "Tests/SetupTests/ProgramCheckTests.swift", "no stage that ships can run"),
    "there is none: no stage can be run": (f"{DOCKER}/DockerDoctorTests.swift", "there is none: no stage can be run"),
    "... has no service for: ...": (f"{DOCKER}/DockerDoctorTests.swift", "has no service for: "),
    "it ...: its container would not start": (f"{DOCKER}/DockerDoctorTests.swift", "its container would not start"),
    "this daemon keeps no limit of ...: their containers have all that the machine has": (
        f"{DOCKER}/DockerDoctorTests.swift", "no limit of memory of both: their"),
    "the cluster has no gres ..., which ... would ask for: it takes no job": (
        f"{CLUSTER}/ClusterDoctorTests.swift", "no gres gpu:1, which heard would ask for"),
}


class TheManual(unittest.TestCase):
    def test_every_error_is_provoked_here_or_where_it_says(self):
        if not provoking.PROVOKED:
            # It has been asked for alone; else the tests have run before.
            for module in (
                    test_archive_errors, test_engine_errors, test_errors, test_findings, test_notices, test_places, test_reasons,
                    test_stage_errors, test_system_errors, test_warnings):
                unittest.defaultTestLoader.loadTestsFromModule(module).run(unittest.TestResult())
        self.assertEqual(sorted(set(provoking.DOCUMENTED) - provoking.PROVOKED - set(ELSEWHERE)), [])
        self.assertEqual(sorted(provoking.PROVOKED & set(ELSEWHERE)), [])
        for message, (file, words) in ELSEWHERE.items():
            with self.subTest(message):
                self.assertIn(words, (manual.ROOT / file).read_text())

    def test_every_text_of_the_sources_is_documented(self):
        """Not by a word or two of it: by half of its words at the least."""
        gap = re.escape(sources.GAP)
        documented = [
            (len(words(text)), re.compile(provoking.pattern(text, rf"(?:\d+|{gap})"))) for text in provoking.DOCUMENTED]
        texts = list(sources.texts())
        self.assertGreater(len(texts), 300)
        for text, place in texts:
            with self.subTest(place):
                shown = max((count for count, pattern in documented if pattern.search(text)), default=0)
                self.assertGreaterEqual(2 * shown, max(1, len(words(text))), text)

    def test_what_the_engines_and_the_drop_in_raise_is_documented_as_it_is(self):
        shown = {" ".join(words(text)) for text in provoking.DOCUMENTED}
        texts = list(sources.python_texts())
        self.assertGreater(len(texts), 30)
        for text, place in texts:
            with self.subTest(place):
                self.assertTrue(" ".join(words(text)) in shown, text)

    def test_a_reason_is_documented_as_it_is(self):
        """Not by a word of it."""
        shown = {" ".join(words(text)) for text in provoking.DOCUMENTED}
        reasons = [text for file in sources.SOURCES.rglob("*.swift") for text in sources.reasons(file.read_text())]
        self.assertGreater(len(reasons), 25)
        for text in reasons:
            with self.subTest(text):
                self.assertTrue(" ".join(words(text)) in shown, text)

    def test_every_notice_is_documented_or_looked_at(self):
        """What an admin finds in the morning is on the page; what a command says to who is there, some test looks at."""
        gap = re.escape(sources.GAP)
        # There any program of the cluster is named.
        exact = {" ".join(words(text)) for text in provoking.DOCUMENTED} | {"failed"}
        long = [re.compile(provoking.pattern(text, rf"(?:\d+|{gap})")) for text in provoking.DOCUMENTED if len(words(text)) > 3]
        tests = "\n".join(
            path.read_text() for ending in ("swift", "py", "sh", "bats") for path in (manual.ROOT / "Tests").rglob(f"*.{ending}"))
        seen = " ".join(words(re.sub(r'"\s*\+?\s*f?"', "", tests)))
        notices = list(sources.notices())
        self.assertGreater(len(notices), 100)
        for text, place in notices:
            with self.subTest(place):
                is_documented = " ".join(words(text)) in exact or any(pattern.search(text) for pattern in long)
                if re.match("Index|Jobs|Notices|Pipeline", place) or is_documented:
                    self.assertTrue(is_documented, text)
                else:
                    # Four words of it in a row, where it has so many.
                    part = max((words(part) for part in text.split(sources.GAP)), key=len)
                    if len(part) < 3:
                        continue
                    some = [" ".join(part[at:at + 4]) for at in range(max(1, len(part) - 3))]
                    self.assertTrue(any(part in seen for part in some), text)


def words(text):
    return re.findall(r"[\w'-]+", re.sub(r"(?<![A-Za-z])N(?![A-Za-z])|\.\.\.", " ", text.replace(sources.GAP, " ")))


if __name__ == "__main__":
    unittest.main()
