"""A picture host of every temper, for the transcripts.

It also answers edit requests to /later with a picture's URL, /later.png of its own,
which is there once a file of that name is in its folder.

Prints its port, then serves until killed.  Appends one line per request to
LOG: METHOD PATH, and what credentials it was shown ("-" for none).

    image_host.py LOG
"""
import gzip
import http.server
import json
import os
import struct
import sys
import urllib.parse
import zlib


def png(width=8, height=6):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    rows = b"".join(b"\0" + bytes((x * 30, y * 40, 90)[c] for x in range(width) for c in range(3))
                    for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Host(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self):
        shown = self.headers.get("Authorization") or self.headers.get("api-key") or "-"
        with open(sys.argv[1], "a") as log:
            log.write(f"{self.command} {self.path} {shown}\n")

    def answer(self, status, body=b"", kind="application/octet-stream", length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.note()
        path, _, query = self.path.partition("?")
        to = urllib.parse.parse_qs(query).get("to", [""])[0]
        if path.startswith("/ok"):
            self.answer(200, png(), "text/plain")
        elif path == "/html.png":
            self.answer(200, b"<!DOCTYPE html><p>Please log in</p>", "image/png")
        elif path == "/empty.png":
            self.answer(200)
        elif path == "/redirect":
            self.answer(302, Location=to)
        elif path == "/loop":
            self.answer(302, Location="/loop")
        elif path == "/truncated.png":
            self.answer(200, png(), length=len(png()) + 9)
            self.close_connection = True
        elif path == "/later.png":
            self.later()
        elif path == "/endless.png":
            self.endless()
        elif path == "/bomb.png":
            self.answer(200, gzip.compress(png() + bytes(80_000_000), 1), Content_Encoding="gzip")
        else:
            self.answer(404, b"no such picture")

    def later(self):
        if os.path.exists("later.png"):
            self.answer(200, png())
        else:
            self.answer(503, b"try again later")

    def do_POST(self):
        self.note()
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/later/"):
            url = "http://%s:%d/later.png" % self.server.server_address
            usage = {"input_tokens": 300, "output_tokens": 1056, "total_tokens": 1356}
            return self.answer(200, json.dumps({"data": [{"url": url}], "usage": usage}).encode())
        self.answer(307, Location=os.environ.get("POST_TO", "http://127.0.0.1:1/"))

    def endless(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        block = b"10000\r\n" + bytes(65536) + b"\r\n"
        try:
            self.wfile.write(b"%x\r\n" % len(png()) + png() + b"\r\n")
            while True:
                self.wfile.write(block)
        except OSError:
            self.close_connection = True


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()
