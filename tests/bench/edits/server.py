# SPDX-License-Identifier: MIT
"""The stand-in server on its own core, its certificate, and what it counted.

    with server.Standin(program, picture, latency_ms=0) as standin:
        ... standin.url ...
    print(standin.totals["requests"])
"""
import json
import pathlib
import subprocess

import measuring

SYSTEM_CA = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")


class Certificate:
    """Of 127.0.0.1, signed by itself; `bundle` is the system's, with it at the end."""

    def __init__(self, folder):
        self.file, self.key = folder / "cert.pem", folder / "key.pem"
        self.bundle = folder / "bundle.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", self.key, "-out", self.file],
            check=True, capture_output=True)
        system = SYSTEM_CA.read_text() if SYSTEM_CA.exists() else ""
        self.bundle.write_text(system + self.file.read_text())


class Standin:
    """A server of its own for each run, so that its totals are of that run alone."""

    def __init__(self, program, picture, latency_ms=0, certificate=None, reset=0):
        self.command = [program, "--image", picture, "--latency", str(latency_ms)]
        if certificate:
            self.command += ["--cert", certificate.file, "--key", certificate.key]
        if reset:
            self.command += ["--reset", str(reset)]
        self.totals = {}

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=measuring.pinned(measuring.SERVER_CORE))
        self.url = self.process.stdout.readline().split()[-1]
        self.pid = self.process.pid
        return self

    def __exit__(self, *_):
        self.process.terminate()
        text, _ = self.process.communicate()
        self.totals = json.loads(text)
