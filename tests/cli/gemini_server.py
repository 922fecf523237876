#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# A stand-in for Gemini's generateContent: gives each picture back as it came, if the key is in
# its header and the request has the shape of
# https://ai.google.dev/api/generate-content.  Prints the port it listens on, and what is
# posted to /hook.

import http.server
import json

KEY = "g-key-0123456789"
MODEL = "gemini-2.5-flash-image"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/hook":
            print("told:", json.dumps(body, sort_keys=True), flush=True)
            return self.answer(200, {})
        if self.headers.get("x-goog-api-key") != KEY or self.headers.get("Authorization"):
            return self.answer(403, {"error": {"message": "no such key"}})
        if not self.path.endswith(f"/models/{MODEL}:generateContent"):
            return self.answer(404, {"error": {"message": f"no such path {self.path}"}})
        parts = body["contents"][0]["parts"]
        picture = next(part["inlineData"] for part in parts if "inlineData" in part)
        said = {"text": "Done: " + parts[0]["text"]}
        self.answer(200, {
            "candidates": [{"content": {"parts": [said, {"inlineData": picture}]}}],
            "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 1290,
                              "totalTokenCount": 1297},
            "modelVersion": MODEL,
        })

    def do_GET(self):
        self.answer(404, {"error": {"message": "no list of models here"}})

    def answer(self, status, value):
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
