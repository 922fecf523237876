HTTP/2 through nginx: all requests share one connection, and each is still one attempt.

  $ . "$TESTDIR/../cli/setup.sh"
  $ PATH=$PATH:/usr/sbin && command -v nginx openssl >/dev/null || exit 80
  $ openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=here \
  >     -addext subjectAltName=IP:127.0.0.1 2>/dev/null
  $ serve --picture fixed --latency 20
  $ free_port() { /usr/bin/python3 -c '
  > import socket
  > print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])'; }
  $ front() { # front DIRECTIVE...: HTTPS and HTTP/2 in front of the server
  >     PORT=$(free_port)
  >     cat >nginx.conf <<END
  > daemon off; pid $PWD/nginx.pid; error_log $PWD/nginx.err; worker_processes 1;
  > events { worker_connections 512; }
  > http {
  >     log_format line '\$connection \$server_protocol \$status';
  >     access_log $PWD/access.log line;
  >     client_body_temp_path $PWD/tmp; proxy_temp_path $PWD/tmp; fastcgi_temp_path $PWD/tmp;
  >     scgi_temp_path $PWD/tmp; uwsgi_temp_path $PWD/tmp;
  >     server {
  >         listen 127.0.0.1:$PORT ssl http2;
  >         ssl_certificate $PWD/cert.pem; ssl_certificate_key $PWD/key.pem; $*
  >         location / { proxy_pass ${URL%/v1}; client_body_buffer_size 1m; proxy_buffering off; }
  >     }
  > }
  > END
  >     rm -f access.log
  >     nginx -p "$PWD" -c "$PWD/nginx.conf" 2>nginx.err & server="$server $!" && nginx=$!
  >     until [ -s nginx.pid ]; do kill -0 $nginx || return; done
  >     export OPENAI_API_BASE=https://127.0.0.1:$PORT/v1 SSL_CERT_FILE=$PWD/cert.pem
  > }
  $ seen() { # requests, connections and versions, as nginx has logged them when it has ended
  >     kill -QUIT $nginx && wait $nginx
  >     awk '{ c[$1]; v[$2] } END { printf "%d requests", NR; for (k in v) printf ", " k
  >         print length(c) == 1 ? ", one connection" : ", several connections" }' access.log
  > }
  $ attempts() { sql "$1" 'SELECT count(*) FROM attempts'; }
  $ edit() { diffgentor edit --input data.csv --num_processes 1 --quiet --no_preflight "$@" 2>&1 | head -1; }
  $ cp "$DATA/cat.png" .
  $ { echo image_url,instruction; for i in $(seq 200); do echo "cat.png,Row $i"; done; } >data.csv

  $ front keepalive_requests 1000\;
  $ edit --output_dir two --http_version 2
  200 done, 0 failed
  $ seen
  200 requests, HTTP/2.0, one connection
  $ attempts two
  200

  $ front
  $ DG_OPENAI_HTTP_VERSION=1.1 edit --output_dir one
  200 done, 0 failed
  $ seen
  200 requests, HTTP/1.1, several connections

A server that ends its connections (GOAWAY) with requests on their way: libcurl would send those
again by itself, and is refused; what the server has read is never more than the attempts

  $ before=$(sent)
  $ front keepalive_requests 9\; http2_max_concurrent_streams 4\;
  $ edit --output_dir goaway --http_version 2 --api_max_retries 9 --retry_delay 0.01
  200 done, 0 failed
  $ seen
  200 requests, HTTP/2.0, several connections
  $ test $(($(sent) - before)) -le "$(attempts goaway)" && echo no request but the attempts
  no request but the attempts

Nobody waits for a connection that nobody can make

  $ edit --output_dir none --http_version 2 --max_outage 1 | grep -o 'no endpoint has served for 1 second'
  no endpoint has served for 1 second
