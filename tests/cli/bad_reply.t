Whatever a server answers, the row says what happened, and the others go on.

  $ . "$TESTDIR/setup.sh"
  $ cp "$DATA/cat.png" .
  $ table one.csv 'image_url,instruction' 'cat.png,Add a hat'
  $ try() {
  >     rm -rf output
  >     diffgentor edit --backend rehearsal --rehearsal "fault=*:$1" --input one.csv --quiet \
  >         >try.out 2>try.err
  >     columns output/results.csv status error_code attempts error | steady
  > }

Errors in OpenAI's shape, in others' shapes, and in none

  $ try 400
  failed | invalid_value | 1 | http://HOST/v1: Invalid value: the request was refused. (HTTP 400, request req_ID)
  $ try 400/moderation_blocked
  failed | moderation_blocked | 1 | http://HOST/v1: Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com. safety_violations=[violence]. (HTTP 400, request req_ID)
  $ try 401
  pending |  | 1 | 
  $ try 403
  pending |  | 1 | 
  $ try 404/model_not_found
  failed | model_not_found | 1 | http://HOST/v1: The model `rehearsed` does not exist or you do not have access to it. (HTTP 404, request req_ID)
  $ try 413
  failed | invalid_request_error | 1 | http://HOST/v1: The request body is too large. (HTTP 413, request req_ID)
  $ try 429/rate_limit_exceeded,retry_after=2
  failed | rate_limit_exceeded | 1 | http://HOST/v1: Rate limit reached for images per minute. Please try again later. Visit https://platform.openai.com/account/rate-limits to learn more. (HTTP 429, request req_ID)
  $ try 429/insufficient_quota
  pending |  | 1 | 
  $ try 500
  failed | server_error | 1 | http://HOST/v1: The server had an error while processing your request. Sorry about that! You can retry your request, or contact us through our help center at help.openai.com if the error persists. (HTTP 500, request req_ID)
  $ try 503
  failed | server_error | 1 | http://HOST/v1: The engine is currently overloaded, please try again later. (HTTP 503, request req_ID)
  $ try detail
  failed | http_422 | 1 | http://HOST/v1: Field required: image (HTTP 422, request req_ID)
  $ try plain
  failed | http_500 | 1 | http://HOST/v1: Internal Server Error (HTTP 500, request req_ID)
  $ try error200
  failed | server_error | 1 | http://HOST/v1: The server had an error while processing your request. Sorry about that! You can retry your request, or contact us through our help center at help.openai.com if the error persists. (HTTP 200, request req_ID)

Answers that make no sense

  $ try empty
  failed | no_image | 1 | the server answered without a picture; that is often silent moderation (HTTP 200, request req_ID)
  $ try html
  failed | not_json | 1 | http://HOST/v1: the server answered with status 200 but not with JSON: Welcome It works! (HTTP 200, request req_ID)
  $ try garbage
  failed | not_json | 1 | http://HOST/v1: the server answered with status 200 but not with JSON: \x1b~\x9aJ&uW^\x17J\x1d\xe0\x02 (HTTP 200, request req_ID)
  $ try cut_json
  failed | truncated_json | 1 | http://HOST/v1: the answer was cut short: it ends after 7725 bytes, inside its JSON (HTTP 200, request req_ID); it may have been billed
  $ try bad_base64
  failed | invalid_base64 | 1 | http://HOST/v1: the answer's picture is not good base64: a character that is not of its alphabet, or text after its end (HTTP 200, request req_ID); it may have been billed
  $ try not_image
  failed | not_an_image | 1 | picture 1 is no picture (PNG, JPEG, WebP, GIF or SVG): it starts with "This is not a pi" (HTTP 200, request req_ID)

Connections that break

  $ try reset
  failed | reset | 1 | http://HOST/v1: the kept connection had died, and nothing is sent twice unasked after the whole upload (33977 bytes); it may have been billed
  $ try reset_mid
  failed | reset | 1 | http://HOST/v1: the connection broke after the whole upload (33977 bytes) (Connection reset by peer) (HTTP 200, request req_ID); it may have been billed
  $ try close
  failed | reset | 1 | http://HOST/v1: the kept connection had died, and nothing is sent twice unasked after the whole upload (33977 bytes); it may have been billed
  $ try truncate
  failed | truncated | 1 | http://HOST/v1: the answer broke off after 7725 bytes (HTTP 200, request req_ID); it may have been billed

Answers that are only unusual

  $ try url
  done |  | 1 | 
  $ try jpeg
  done |  | 1 | 
  $ try webp
  done |  | 1 | 
  $ try gif
  done |  | 1 | 
  $ try svg
  done |  | 1 | 
  $ ls output
  000000.svg
  ledger.sqlite3
  results.csv
