Pictures by URL: what is refused, what fails, and that no key ever leaves.

  $ . "$TESTDIR/setup.sh"
  $ serve --picture fixed
  $ host
  $ try() {
  >     rm -rf output
  >     table try.csv 'image_url,instruction' "$1,A"
  >     shift
  >     diffgentor edit --input try.csv --quiet "$@" >try.out 2>try.err
  >     columns output/results.csv status error_code error | steady
  > }

Private addresses are refused unless told otherwise, however they are written

  $ try "$HOST/ok.png"
  failed | private_address | http://HOST/ok.png: HOST: leads to an address that is not public (127.0.0.1); --allow_private_urls permits it
  $ try "http://localhost:${HOST##*:}/ok.png"
  failed | private_address | http://localhost:PORT/ok.png: localhost:PORT: leads to an address that is not public (localhost); --allow_private_urls permits it
  $ try "http://2130706433:${HOST##*:}/ok.png"
  failed | private_address | http://2130706433:PORT/ok.png: 2130706433:PORT: leads to an address that is not public (2130706433); --allow_private_urls permits it
  $ try "http://[::ffff:127.0.0.1]:${HOST##*:}/ok.png"
  failed | private_address | http://[::ffff:127.0.0.1]:PORT/ok.png: [::ffff:127.0.0.1]:PORT: leads to an address that is not public (::ffff:127.0.0.1); --allow_private_urls permits it
  $ try http://169.254.169.254/latest/meta-data
  failed | private_address | http://169.254.169.254/latest/meta-data: 169.254.169.254: leads to an address that is not public (169.254.169.254); --allow_private_urls permits it
  $ test -e host.log || echo nothing came
  nothing came

What hosts do

  $ p=--allow_private_urls
  $ try "$HOST/ok.png" $p
  done |  | 
  $ try "$HOST/missing.png" $p
  failed | http_404 | http://HOST/missing.png: HOST: no such picture (HTTP 404)
  $ try "$HOST/html.png" $p
  failed | not_an_image | http://HOST/html.png: is no picture (PNG, JPEG, WebP, GIF or SVG): it starts with "<!DOCTYPE html><", sent as image/png
  $ try "$HOST/empty.png" $p
  failed | not_an_image | http://HOST/empty.png: is empty, sent as application/octet-stream
  $ try "$HOST/loop" $p
  failed | redirect | http://HOST/loop: HOST: more than 5 redirects (HTTP 302)
  $ try "$HOST/redirect?to=$HOST/ok.png" $p
  done |  | 
  $ try "$HOST/redirect?to=file:///etc/passwd" $p
  failed | redirect | http://HOST/redirect?to=file:///etc/passwd: HOST: redirects to an address of another kind, which is not followed: only http and https are, and never from https to http (HTTP 302)
  $ try "$HOST/redirect?to=ftp://host/x.png" $p
  failed | redirect | http://HOST/redirect?to=ftp://host/x.png: HOST: redirects to an address of another kind, which is not followed: only http and https are, and never from https to http (HTTP 302)
  $ try "$HOST/truncated.png" $p
  failed | truncated | http://HOST/truncated.png: HOST: the answer broke off after 152 bytes (HTTP 200)
  $ try "$HOST/endless.png" $p --max_image_bytes 1000000
  failed | too_large | http://HOST/endless.png: HOST: sends more than the limit of 1000000 bytes; --max_image_bytes raises it (HTTP 200)
  $ try "$HOST/bomb.png" $p --max_image_bytes 1000000
  failed | too_large | http://HOST/bomb.png: HOST: sends more than the limit of 1000000 bytes; --max_image_bytes raises it (HTTP 200)
  $ try http://127.0.0.1:1/refused.png $p
  failed | connect | http://HOST/refused.png: HOST: no connection could be made (Connection refused); is the server running, and is the port right?

No key was shown to the picture host

  $ grep -v ' -$' host.log
  [1]

An API that redirects gets no second request, and the key goes nowhere

  $ : >host.log
  $ export OPENAI_API_BASE="$HOST/v1" && cp "$DATA/cat.png" .
  $ try cat.png
  failed | redirect | http://HOST/v1: redirects to HOST (HTTP 307), and a key never follows a redirect; is the base URL right?
  $ steady <host.log
  GET /v1/models Bearer sk-test-0123456789abcdef
  POST /v1/images/edits Bearer sk-test-0123456789abcdef
