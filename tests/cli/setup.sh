# Sourced by every transcript: the program, a server, sample data.
#
#     serve [OPTION...]   starts the rehearsal server; sets $URL, exports OPENAI_API_BASE
#     host                starts image_host.py; sets $HOST (http://127.0.0.1:PORT)
#     table NAME TEXT...  writes a CSV: each TEXT is a line
#     sent                how many edit requests the server has answered
#     field NAME          that field of every edit request, from the server's log
#     wait_for_requests N until the server has read as many, while the program ($run) lives
#     sql DIR QUERY       asks the ledger in DIR, and changes no byte of it
#     sums DIR            the checksum of every file in DIR but the ledger's

export DIFFGENTOR
alias diffgentor='"$DIFFGENTOR"'
DATA=$TESTDIR/../../scripts/examples/data
unset OPENAI_API_KEY OPENAI_API_BASE OPENAI_BASE_URL http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
unset NO_COLOR LUA_PATH LUA_CPATH LUA_INIT XDG_RUNTIME_DIR
unset OPENAI_API_VERSION AZURE_OPENAI_API_KEY AZURE_OPENAI_ENDPOINT
for name in $(env | sed -n 's/^\(DG_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
server=
trap 'kill $server 2>/dev/null; wait 2>/dev/null' EXIT

serve() {
    rm -f serve.fifo && mkfifo serve.fifo
    "$DIFFGENTOR" serve --port 0 --request_log "$PWD/requests.jsonl" "$@" >serve.fifo 2>serve.err &
    server="$server $!"
    read -r line <serve.fifo
    URL=${line#listening on }
    export OPENAI_API_BASE="$URL" OPENAI_API_KEY=sk-test-0123456789abcdef
}

host() {
    rm -f host.fifo && mkfifo host.fifo
    /usr/bin/python3 "$TESTDIR/image_host.py" "$PWD/host.log" >host.fifo 2>host.err &
    server="$server $!"
    read -r line <host.fifo
    HOST=http://127.0.0.1:$line
}

table() {
    name=$1
    shift
    printf '%s\n' "$@" >"$name"
}

# A line is written when its answer has gone out, which the program may know
# first; the server answers this after it has written what it sent before.
settled() {
    /usr/bin/python3 -c '
import sys, urllib.request
try: urllib.request.urlopen(sys.argv[1] + "/rehearsal/stats", timeout=5).read()
except OSError: pass' "${URL:-}" 2>/dev/null
}

sent() {
    settled
    if [ -f requests.jsonl ]; then grep -c '"path":"[^"]*/images/edits"' requests.jsonl; else echo 0; fi
}

field() {
    settled
    sed -n '/"path":"[^"]*\/images\/edits"/s/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/p' requests.jsonl
}

# columns FILE NAME...: those columns of each row, as "a | b"
columns() {
    /usr/bin/python3 -ISc '
import csv, sys
for row in csv.DictReader(open(sys.argv[1], newline="")):
    print(" | ".join(row[name] for name in sys.argv[2:]))' "$@"
}

# Ports, request ids and times differ from run to run.
steady() {
    sed -E -e 's#127\.0\.0\.1:[0-9]+#HOST#g' -e 's#(localhost|2130706433|\]):[0-9]+#\1:PORT#g' -e 's#req_[0-9a-zA-Z]+#req_ID#g' \
        -e 's#(attempts?) in [0-9:]+(,|$)#\1 in TIME\2#'
}

# A picture of W x H pixels, grey (PNG colour type 0) or with alpha (6).
picture() {
    /usr/bin/python3 -c '
import struct, sys, zlib
name, w, h, alpha = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), len(sys.argv) > 4
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
row = b"\0" + (b"\x80\x80\x80\x40" if alpha else b"\x80") * w
open(name, "wb").write(b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 6 if alpha else 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(row * h)) + chunk(b"IEND", b""))' "$@"
}

# stats NAME...: counters of the last server started
stats() {
    /usr/bin/python3 -c '
import json, sys, urllib.request
stats = json.load(urllib.request.urlopen(sys.argv[1] + "/rehearsal/stats"))
print(*(stats[name] for name in sys.argv[2:]))' "$URL" "$@"
}

# The program runs in the background as $run, and says what is wrong to err.
alive() { kill -0 "$run" 2>/dev/null || { echo "ended early:"; cat err; false; }; }
wait_for_requests() { while alive && [ "$(stats requests)" -lt "$1" ]; do :; done; }

sql() {
    /usr/bin/python3 -c '
import os, sqlite3, sys
name = sys.argv[1] + "/ledger.sqlite3"
how = "mode=ro" if os.path.exists(name + "-wal") else "immutable=1"
ledger = sqlite3.connect("file:%s?%s" % (name, how), uri=True)
for row in ledger.execute(sys.argv[2]):
    print(*row, sep=" | ")' "$@"
}

sums() {
    find "$1" -type f ! -name 'ledger.sqlite3*' -exec md5sum {} + | sort -k 2
}
