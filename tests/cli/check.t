diffgentor check: the endpoints as edit reads them, and what each says to each key.

  $ . "$TESTDIR/setup.sh"
  $ untimed() { steady | sed -E -e 's/ +[0-9]+\.[0-9]{2} s +/  N s  /' -e 's/ {2,}/  /g'; }
  $ serve --keys sk-good-0123456789,sk-fine-0123456789,short

Every key of every endpoint

  $ export OPENAI_API_KEY=sk-good-0123456789
  $ diffgentor check --model_name gpt-image-2 | untimed
  endpoint  kind  weight  limit  key  latency  says
  http://HOST/v1  openai  1  none  1 (...6789)  N s  knows 'gpt-image-2'
  $ (unset OPENAI_API_BASE
  > DG_OPENAI_ENDPOINTS=$URL,${URL%/v1},http://127.0.0.1:1/v1 \
  > DG_OPENAI_API_KEYS='sk-good-0123456789|sk-wrong-0123456789,short,sk-good-0123456789' \
  > DG_OPENAI_RATE_LIMITS=60,0,5 DG_OPENAI_WEIGHTS=1,2,0 diffgentor check --model_name gpt-image-2) | untimed
  endpoint  kind  weight  limit  key  latency  says
  http://HOST/v1  openai  1  60/min  1 (...6789)  N s  knows 'gpt-image-2'
    2 (...6789)  -  Incorrect API key provided: sk-wr***6789. You can find your API key at https://platform.openai.com/account/api-keys. (HTTP 401, request req_ID)
  http://HOST  openai  2  none  1  N s  knows 'gpt-image-2'
  http://HOST/v1  openai  0  5/min  1 (...6789)  -  no connection could be made (Connection refused); is the server running, and is the port right?

A model that is gone, and one that nobody knows

  $ diffgentor check | untimed
  endpoint  kind  weight  limit  key  latency  says
  http://HOST/v1  openai  1  none  1 (...6789)  N s  knows 'gpt-image-1', which was shut down on 2026-10-23
  $ diffgentor check --model_name gpt-image-9 2>&1 | untimed
  endpoint  kind  weight  limit  key  latency  says
  http://HOST/v1  openai  1  none  1 (...6789)  N s  does not know 'gpt-image-9'
  error: no endpoint would serve 'gpt-image-9'
  $ diffgentor check --model_name gpt-image-9 >out 2>&1
  [2]

Azure: its paths, its header

  $ (export OPENAI_API_BASE=${URL%/v1}/openai/deployments/mine OPENAI_API_VERSION=2025-04-01-preview
  > diffgentor check; OPENAI_API_KEY=sk-wrong-0123456789 diffgentor check) 2>&1 | untimed
  endpoint  kind  weight  limit  key  latency  says
  http://HOST/openai/deployments/mine  azure  1  none  1 (...6789)  N s  knows 'gpt-image-1', which was shut down on 2026-10-23
  endpoint  kind  weight  limit  key  latency  says
  http://HOST/openai/deployments/mine  azure  1  none  1 (...6789)  -  Incorrect API key provided: sk-wr***6789. You can find your API key at https://platform.openai.com/account/api-keys. (HTTP 401, request req_ID)
  error: no endpoint would serve 'gpt-image-1'

As JSON

  $ diffgentor check --model_name gpt-image-1.5 --json | /usr/bin/python3 -c '
  > import json, sys
  > c = json.load(sys.stdin)
  > e = c["endpoints"][0]
  > k = e["keys"][0]
  > print(c["model"], c["serves"], e["kind"], e["weight"], e["limit"], e["window"], e["image_field"])
  > print(k["position"], k["tail"], k["serves"], k["knows"], k["status"], k["shutdown_date"], k["latency"] < 5)'
  gpt-image-1.5 True openai 1 0 60 auto
  1 6789 True True 200 2026-12-01 True

Nothing was edited, no key was shown, and what edit refuses is refused here

  $ sent | cat
  0
  $ (unset OPENAI_API_KEY; diffgentor check)
  error: no API key: set OPENAI_API_KEY (or DG_OPENAI_API_KEYS)
  [2]
  $ DG_OPENAI_TIMEOUT=x diffgentor check
  error: DG_OPENAI_TIMEOUT: 'x' is not a number above 0 (at most 604800)
  [2]
  $ diffgentor check --input data.csv
  error: unknown option '--input'
  see 'diffgentor check --help'
  [2]
