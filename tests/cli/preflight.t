Before its first row edit asks endpoints for their models: a key that is refused is not used.

  $ . "$TESTDIR/setup.sh"
  $ serve --picture fixed --keys sk-good-0123456789,sk-fine-0123456789
  $ cp "$DATA/cat.png" .
  $ { echo image_url,instruction; for i in $(seq 0 5); do echo "cat.png,Row $i"; done; } >data.csv
  $ edit() { rm -rf output; diffgentor edit --input data.csv "$@" 2>&1 | steady; }

Every key is refused: nothing is sent

  $ OPENAI_API_KEY=sk-wrong-0123456789 edit; sent | cat
  error: every key is refused: http://HOST/v1 refuses key 1 (401 invalid_api_key) (--no_preflight sends all the same)
  0
  $ OPENAI_API_KEY=sk-wrong-0123456789 diffgentor edit --input data.csv --quiet 2>/dev/null
  [2]

No endpoint can be reached

  $ OPENAI_API_BASE=http://127.0.0.1:1/v1 edit; sent | cat
  error: no endpoint can be reached: http://HOST/v1: no connection could be made (Connection refused); is the server running, and is the port right? (--no_preflight sends all the same)
  0

One of two keys is refused

  $ DG_OPENAI_API_KEYS=sk-wrong-0123456789,sk-good-0123456789 edit
  warning: http://HOST/v1 refuses key 1 (401 invalid_api_key): it is not used
  6 done, 0 failed
  6 attempts in TIME, 0.2731 USD
  results: ./output/results.csv
  $ sent
  6

One of two endpoints is down

  $ (export DG_OPENAI_ENDPOINTS=http://127.0.0.1:1/v1,$URL OPENAI_API_KEY=sk-good-0123456789; edit)
  6 done, 0 failed
  6 attempts in TIME, 0.2731 USD
  results: ./output/results.csv

Without asking

  $ OPENAI_API_KEY=sk-wrong-0123456789 edit --no_preflight | grep -c 'sends all the same'
  0
  [1]

Azure

  $ (export OPENAI_API_BASE=${URL%/v1}/openai/deployments/mine OPENAI_API_VERSION=1
  > OPENAI_API_KEY=sk-good-0123456789 edit; OPENAI_API_KEY=sk-wrong-0123456789 edit)
  6 done, 0 failed
  6 attempts in TIME, 0.2731 USD
  results: ./output/results.csv
  error: every key is refused: http://HOST/openai/deployments/mine refuses key 1 (401 invalid_api_key) (--no_preflight sends all the same)
