#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An edit server that counts what comes over the wire, a thread a connection.

Prints its port, answers every POST with one small picture, and tells at
GET /stats: connections, resumed (TLS sessions), read (requests whose head
was read), unread (requests whose connection was reset before that).

  --certificate FILE   TLS with this certificate and key
  --reset N            of the requests on connections that were used before, every
                       Nth meets a reset before any answer: in turn unread, with its
                       head read, with all of it read
  --requests N         a connection is closed in order after so many answers
"""
import argparse
import json
import select
import socket
import ssl
import struct
import threading

PIXEL = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
         "awAAAABJRU5ErkJggg==")
lock = threading.Lock()
counts = {"connections": 0, "resumed": 0, "read": 0, "unread": 0, "reused": 0, "resets": 0}


def count(name):
    with lock:
        counts[name] += 1
        return counts[name]


def reset(link):
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def fate(options, used):
    """What happens to the next request: "answer", or where it meets a reset."""
    if not used or not options.reset or count("reused") % options.reset:
        return "answer"
    return ("unread", "head", "body")[count("resets") % 3]


def answer(link, text, more=""):
    link.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n"
                 b"\r\n%s" % (more.encode(), len(text), text.encode()))


def arrives(link):
    """Waits for a request, reads none of it; false: the client has gone."""
    if isinstance(link, ssl.SSLSocket):
        return select.select([link], [], [])
    return link.recv(1, socket.MSG_PEEK)


def read_head(stream):
    lines = [stream.readline()]
    while lines[-1].strip():
        lines.append(stream.readline())
    return lines


def read_body(stream, head):
    sizes = [int(line[15:]) for line in head if line.lower().startswith(b"content-length:")]
    return stream.read(sizes[0])


def edit(link, stream, head, end, last):
    """false: the connection is over."""
    count("read")
    if end == "body":
        read_body(stream, head)
    if end != "answer":
        return reset(link)
    read_body(stream, head)
    answer(link, json.dumps({"data": [{"b64_json": PIXEL}]}), "Connection: close\r\n" * last)
    return not last


def converse(link, options):
    """Requests of one connection, one after another."""
    stream = link.makefile("rb")
    edits = 0
    while arrives(link):
        end = fate(options, edits > 0)
        if end == "unread":
            count("unread")
            return reset(link)
        head = read_head(stream)
        if head[0].startswith(b"POST"):
            edits += 1
            if not edit(link, stream, head, end, edits == options.requests):
                return None
        elif head[0]:
            answer(link, json.dumps(counts if b" /stats" in head[0] else {"data": []}))
        else:
            return None
    return None


def serve(link, options, context):
    with link:
        try:
            count("connections")
            if context:
                link = context.wrap_socket(link, server_side=True)
                if link.session_reused:
                    count("resumed")
            converse(link, options)
            if context:
                link.unwrap()
        except OSError:
            pass
        finally:
            link.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--certificate")
    parser.add_argument("--reset", type=int, default=0)
    parser.add_argument("--requests", type=int, default=0)
    options = parser.parse_args()
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate)
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(listener.getsockname()[1], flush=True)
    while True:
        link, _ = listener.accept()
        threading.Thread(target=serve, args=(link, options, context), daemon=True).start()


main()
