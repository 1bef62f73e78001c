"""TMDB and a webhook over HTTPS, before a server whose certificate comes from an authority of the test's own.

CPWX names the program, by default .build/debug/cpwx; cpwx-stage lies beside it.
"""

import http.server
import json
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

from provoking import Place

KEY = "kestrel-9341"
FILM = {"id": 7, "title": "Sholay", "release_date": "1975-08-15"}
# What the machine of the test trusts is not what is tested.
UNSET = {name: None for name in ("CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")}


class Films(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((type(self.connection), self.path))
        self.answer({"results": [FILM]} if "/search/" in self.path else {**FILM, "overview": "Two friends."})

    def do_POST(self):
        self.server.asked.append((type(self.connection), self.path))
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({})

    def answer(self, document):
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.asked = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def end(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        """A client that hangs up at the sight of the certificate is what is tested."""


class TLSServer(Server):
    def __init__(self, folder):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "server.pem", folder / "server.key")
        super().__init__(Films)

    def finish_request(self, request, address):
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, address)


class Tunnel(http.server.BaseHTTPRequestHandler):
    """A proxy of HTTPS that leads every name to one server."""

    def do_CONNECT(self):
        self.server.asked.append(self.requestline)
        with socket.create_connection(("127.0.0.1", self.server.target)) as inner:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=self.pass_on, args=(inner, self.connection), daemon=True)
            back.start()
            self.pass_on(self.connection, inner)
            back.join()

    @staticmethod
    def pass_on(source, target):
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def log_message(self, *_):
        pass


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Secured(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keys = Path(tempfile.mkdtemp(prefix="cpwx-https-"))
        cls.addClassCleanup(shutil.rmtree, cls.keys)
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        cls.authority, names = cls.keys / "authority.pem", cls.keys / "names"
        openssl("req", "-x509", *key, "-keyout", cls.keys / "authority.key", "-out", cls.authority, "-days", 2,
                "-subj", "/CN=Authority of films")
        openssl("req", *key, "-keyout", cls.keys / "server.key", "-out", cls.keys / "server.csr", "-subj", "/CN=films")
        names.write_text("subjectAltName=DNS:localhost,DNS:api.films.test\n")
        openssl("x509", "-req", "-in", cls.keys / "server.csr", "-CA", cls.authority, "-CAkey", cls.keys / "authority.key",
                "-CAcreateserial", "-days", 2, "-extfile", names, "-out", cls.keys / "server.pem")
        cls.server = TLSServer(cls.keys)
        cls.addClassCleanup(cls.server.end)

    def setUp(self):
        folder = tempfile.mkdtemp(prefix="cpwx-https-")
        self.addCleanup(shutil.rmtree, folder)
        self.place = Place(folder)
        (self.place.root / "config/pipeline.yaml").unlink()
        self.server.asked.clear()

    def look_up(self, address, settings="", environment=None):
        """The film's metadata by `cpwx run`, and what the stage's log says."""
        self.place.settings(f"TMDB_BASE_URL=https://{address}/3\nTMDB_API_KEY={KEY}\n{settings}")
        self.place.cpwx("run", "--stages", "tmdb", code=0, environment=UNSET | (environment or {}))
        job = self.place.cpwx("job", "path", "latest", code=0)[1].strip()
        log = self.place.cpwx("job", "logs", "latest", "--stage", "tmdb", code=0)[1]
        self.assertNotIn(KEY, log)
        return json.loads(Path(job, "metadata/tmdb_data.json").read_text()), log

    @property
    def address(self):
        return f"localhost:{self.server.server_port}"

    def assert_answered(self, facts):
        self.assertEqual((facts["source"], facts["overview"]), ("tmdb", "Two friends."))
        kinds, paths = zip(*self.server.asked)
        self.assertEqual(set(kinds), {ssl.SSLSocket})
        self.assertTrue(all(f"api_key={KEY}" in path for path in paths), paths)

    def test_an_authority_of_the_settings_is_trusted(self):
        self.assert_answered(self.look_up(self.address, f"CURL_CA_BUNDLE={self.authority}")[0])

    def test_an_authority_of_the_environment_is_trusted(self):
        for name in ("CURL_CA_BUNDLE", "SSL_CERT_FILE"):
            with self.subTest(name):
                self.setUp()
                self.assert_answered(self.look_up(self.address, environment={name: str(self.authority)})[0])

    def test_through_a_proxy_that_sees_nothing_but_the_name(self):
        proxy = Server(Tunnel)
        self.addCleanup(proxy.end)
        proxy.target = self.server.server_port
        facts, _ = self.look_up(
            "api.films.test", f"CURL_CA_BUNDLE={self.authority}\nHTTPS_PROXY=http://127.0.0.1:{proxy.server_port}")
        self.assert_answered(facts)
        self.assertEqual(set(proxy.asked), {"CONNECT api.films.test:443 HTTP/1.1"})

    def test_a_certificate_that_is_not_trusted_gets_no_key(self):
        for name, address, settings in (
                ("unknown authority", self.address, ""),
                ("another name", self.address.replace("localhost", "127.0.0.1"), f"CURL_CA_BUNDLE={self.authority}")):
            with self.subTest(name):
                self.setUp()
                facts, log = self.look_up(address, settings)
                self.assertEqual((facts["source"], self.server.asked), ("file name", []))
                self.assertRegex(facts["notes"][0], r"^TMDB could not be asked: curl: \((51|60)\) SSL")
                self.assertIn(facts["notes"][0], log)

    def notified(self, **environment):
        self.place.pipeline("exit 3")
        self.place.settings(f"NOTIFY_WEBHOOK=https://{self.address}/hook\nNOTIFY_TIMEOUT=20s")
        return self.place.cpwx("run", code=1, environment=UNSET | environment)[1]

    def waiting(self):
        return sorted((self.place.root / ".cpwx/outbox").rglob("*.json"))

    def test_a_webhook_is_told_when_its_certificate_is_trusted(self):
        self.notified(SSL_CERT_FILE=str(self.authority))
        self.assertGreater(len(self.server.asked), 0)
        self.assertEqual(set(self.server.asked), {(ssl.SSLSocket, "/hook")})
        self.assertEqual(self.waiting(), [])

    def test_a_webhook_whose_certificate_is_not_trusted_is_told_nothing(self):
        said = self.notified()
        self.assertEqual(self.server.asked, [])
        self.assertRegex(said, r"the webhook did not take them \(curl: \(60\) SSL certificate problem")
        self.assertGreater(len(self.waiting()), 0)


if __name__ == "__main__":
    unittest.main()
