What goes over the wire, as a server counts it: how many connections, and every request that an
attempt of the ledger stands for, no other.

  $ . "$TESTDIR/../cli/setup.sh"
  $ counting() {
  >     rm -f wire.fifo && mkfifo wire.fifo
  >     /usr/bin/python3 "$TESTDIR/wire_server.py" "$@" >wire.fifo 2>wire.err & server="$server $!"
  >     read -r PORT <wire.fifo
  > }
  $ counted() {
  >     /usr/bin/python3 -ISc '
  > import json, ssl, sys, urllib.request
  > trust = ssl.create_default_context(cafile="cert.pem")
  > counts = json.load(urllib.request.urlopen(sys.argv[1] + "/stats", context=trust))
  > print(*("%s %d" % (name, counts[name]) for name in sys.argv[2:]), sep=", ")' "$@"
  > }
  $ attempts() { sql "$1" 'SELECT count(*) FROM attempts'; }
  $ edit() { diffgentor edit --input data.csv --num_processes 1 "$@" 2>&1 | head -1; }
  $ openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=here \
  >     -addext subjectAltName=IP:127.0.0.1 2>/dev/null
  $ cat key.pem cert.pem >both.pem
  $ cp "$DATA/cat.png" . && export OPENAI_API_KEY=sk-test-0123456789abcdef
  $ { echo image_url,instruction; for i in $(seq 320); do echo "cat.png,Row $i"; done; } >data.csv

Connections are kept: as many as are in flight, and not one more

  $ counting
  $ export OPENAI_API_BASE=http://127.0.0.1:$PORT/v1
  $ edit --quiet --output_dir kept
  320 done, 0 failed
  $ counted http://127.0.0.1:$PORT read unread
  read 320, unread 0
  $ attempts kept
  320
  $ counted http://127.0.0.1:$PORT connections | awk '{ print ($2 <= 16 + 3) }'
  1

One request is one request. Every tenth on a kept connection meets a reset before the answer begins, a
third of them before the server has read anything, and libcurl would send all of them again by itself

  $ counting --reset 10
  $ export OPENAI_API_BASE=http://127.0.0.1:$PORT/v1
  $ edit --quiet --output_dir reset --api_max_retries 9 --retry_delay 0.01
  320 done, 0 failed
  $ counted http://127.0.0.1:$PORT read unread | awk -v all="$(attempts reset)" '
  >     { print ($2 + $4 == all), ($2 > 320), ($4 > 0) }'
  1 1 1
  $ edit --quiet --output_dir once >err
  $ counted http://127.0.0.1:$PORT read unread | awk -v all="$(attempts reset)" -v more="$(attempts once)" '
  >     { print ($2 + $4 == all + more) }'
  1

A new connection to a host it knows resumes the TLS session, also where the first one is long closed

  $ counting --certificate both.pem --requests 5
  $ export OPENAI_API_BASE=https://127.0.0.1:$PORT/v1
  $ SSL_CERT_FILE=cert.pem edit --quiet --output_dir resumed --max_global_workers 1 --filter_rows :40
  40 done, 0 failed, 280 skipped
  $ counted https://127.0.0.1:$PORT connections resumed read
  connections 9, resumed 7, read 40

Without that variable the certificate is nobody's

  $ edit --quiet --output_dir distrust | grep -o "the server's certificate is not trusted"
  the server's certificate is not trusted

The ledger knows when an answer began, as the server did

  $ serve --latency 50
  $ edit --quiet --output_dir slow --filter_rows :4
  4 done, 0 failed, 316 skipped
  $ sql slow 'SELECT count(*) FROM attempts WHERE first_byte_ms >= 45'
  4
