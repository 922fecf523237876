#!/usr/bin/python3
"""bench_floor and bench_raw against bench_standin: clients.py FOLDER_OF_PROGRAMS

All pictures arrive byte for byte, and the server has seen neither more nor less.
"""
import base64
import http.client
import json
import pathlib
import random
import subprocess
import sys
import tempfile

EDITS, WIDTH = 32, 8
PICTURE_BYTES = 300001  # neither a multiple of 3 nor one of a buffer
INPUT_BYTES = 200000
LATENCY_MS = 20
SECONDS = 20  # more than any of this takes


class Standin:
    def __init__(self, programs, picture, *options):
        self.process = subprocess.Popen(
            [programs / "bench_standin", "--image", picture, *options],
            stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def totals(self):
        """Ends it."""
        self.process.terminate()
        return json.loads(self.process.communicate(timeout=SECONDS)[0])


def run(folder, picture, count, program, *arguments, width=WIDTH):
    """Returns the exit code; all results are the picture, and nothing else is there."""
    url, source, *options = arguments
    output = folder / f"{program.name}-{random.random()}"
    code = subprocess.run([program, url, source, output, str(count), str(width), *options],
                          timeout=SECONDS, stderr=subprocess.DEVNULL, check=False).returncode
    results = sorted(each.name for each in output.iterdir())
    for name in results:
        assert (output / name).read_bytes() == picture.read_bytes(), name
    if code == 0:
        assert results == [f"{row:06d}.png" for row in range(count)], results
    return code, len(results)


def check(totals, **wanted):
    wanted = {"malformed": 0, "resets": 0, **wanted}
    wrong = {name: totals[name] for name in wanted if totals[name] != wanted[name]}
    assert not wrong, (totals, wanted)


def certificate(folder):
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout", key,
                    "-out", cert, "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1"], stderr=subprocess.DEVNULL, check=True)
    return cert, key


def check_plain(programs, folder, picture, source):
    for name in "bench_floor", "bench_raw":
        for latency in "0", str(LATENCY_MS):
            with Standin(programs, picture, "--latency", latency) as server:
                ended = run(folder, picture, EDITS, programs / name, server.url, source)
                assert ended == (0, EDITS), (name, ended)
                totals = server.totals()
            check(totals, requests=EDITS, answered=EDITS, connections=WIDTH)
            assert 1 <= totals["max_in_flight"] <= WIDTH, totals


def check_tls(programs, folder, picture, source):
    cert, key = certificate(folder)
    with Standin(programs, picture, "--cert", cert, "--key", key) as server:
        assert server.url.startswith("https:"), server.url
        ended = run(folder, picture, EDITS, programs / "bench_floor", server.url, source,
                    "--ca", cert)
        assert ended == (0, EDITS), ended
        check(server.totals(), requests=EDITS, answered=EDITS)


def check_resets(programs, folder, picture, source):
    """What was reset is not sent again, and the floor says that it failed."""
    with Standin(programs, picture, "--reset", "0.5") as server:
        code, got = run(folder, picture, EDITS, programs / "bench_floor", server.url, source)
        assert code == 1 and 0 < got < EDITS, (code, got)
        check(server.totals(), requests=EDITS, answered=got, resets=EDITS - got)


def check_none(programs, folder, picture, source):
    with Standin(programs, picture) as server:
        for name in "bench_floor", "bench_raw":
            assert run(folder, picture, 0, programs / name, server.url, source) == (0, 0)
        check(server.totals(), requests=0, answered=0, connections=0)


def check_requests(programs, folder, picture, source):
    """What other clients send, on one connection: a form in chunks, one that is cut off,
    one that is none, what is no edit."""
    kind = {"Content-Type": "multipart/form-data; boundary=a-b"}
    form = b"--a-b\r\n\r\n" + source.read_bytes() + b"\r\n--a-b--\r\n"
    requests = [
        ("POST", "/v1/images/edits", form, kind, 200),
        ("POST", "/v1/images/edits", iter([form[:9], form[9:-5], form[-5:]]), kind, 200),
        ("POST", "/v1/images/edits", form[:-5], kind, 400),
        ("POST", "/v1/images/edits", iter([form[:-5]]), kind, 400),
        ("POST", "/v1/images/edits", b"{}", {}, 400),
        ("GET", "/v1/models", None, {}, 404),
    ]
    with Standin(programs, picture) as server:
        client = http.client.HTTPConnection(server.url.split("/")[2], timeout=SECONDS)
        for method, path, body, headers, status in requests:
            client.request(method, path, body, headers)
            answer = client.getresponse()
            text = answer.read()
            assert answer.status == status, (method, path, answer.status, status)
            if status == 200:
                got = json.loads(text)["data"][0]["b64_json"]
                assert base64.b64decode(got, validate=True) == picture.read_bytes()
        client.close()
        check(server.totals(), requests=5, answered=2, malformed=3, connections=1,
              max_in_flight=1)


def main():
    programs = pathlib.Path(sys.argv[1])
    noise = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="diffgentor-bench-") as name:
        folder = pathlib.Path(name)
        picture, source = folder / "out.png", folder / "in.png"
        picture.write_bytes(noise.randbytes(PICTURE_BYTES))
        source.write_bytes(noise.randbytes(INPUT_BYTES))
        for each in check_plain, check_tls, check_resets, check_none, check_requests:
            each(programs, folder, picture, source)


if __name__ == "__main__":
    main()
