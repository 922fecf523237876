Before its first row edit asks endpoints for their models: a key that is refused is not used.

  $ . "$TESTDIR/setup.sh"
  $ serve --picture fixed --keys sk-good-0123456789,sk-fine-0123456789
  $ cp "$DATA/cat.png" .
  $ { echo image_url,instruction; for i in $(seq 0 5); do echo "cat.png,Row $i"; done; } >data.csv
  $ edit() { rm -rf output; diffgentor edit --input data.csv "$@" 2>&1 | steady; }

Every key is refused: nothing is sent

  $ OPENAI_API_KEY=sk-wrong-0123456789 edit; sent
  0

No endpoint can be reached

  $ OPENAI_API_BASE=http://127.0.0.1:1/v1 edit; sent
  0

One of two keys is refused

  $ DG_OPENAI_API_KEYS=sk-wrong-0123456789,sk-good-0123456789 edit
  $ sent
  6

One of two endpoints is down

  $ (export DG_OPENAI_ENDPOINTS=http://127.0.0.1:1/v1,$URL OPENAI_API_KEY=sk-good-0123456789; edit)

Without asking

  $ OPENAI_API_KEY=sk-wrong-0123456789 edit --no_preflight

Azure

  $ (export OPENAI_API_BASE=${URL%/v1}/openai/deployments/mine OPENAI_API_VERSION=1
  > OPENAI_API_KEY=sk-good-0123456789 edit; OPENAI_API_KEY=sk-wrong-0123456789 edit)
