Every malformed variable is named, its value too unless it is a key, and nothing is sent.

  $ . "$TESTDIR/setup.sh"
  $ cp "$DATA/cat.png" .
  $ table data.csv 'image_url,instruction' 'cat.png,Add a hat'
  $ edit() { diffgentor edit --input data.csv --dry_run; }
  $ two="DG_OPENAI_ENDPOINTS=http://127.0.0.1:1/v1,http://127.0.0.1:2/v1"
  $ key=OPENAI_API_KEY=sk-test-0123456789abcdef

No key, or one that cannot be one

  $ diffgentor edit --input data.csv
  error: no API key: set OPENAI_API_KEY (or DG_OPENAI_API_KEYS)
  [2]
  $ (export AZURE_OPENAI_API_KEY=azure-0123456789; diffgentor edit --input data.csv)
  error: no API key: set OPENAI_API_KEY (or DG_OPENAI_API_KEYS); AZURE_OPENAI_API_KEY is not read
  [2]
  $ edit
  warning: no API key is set; a real run needs one
  row 0 (line 2): POST https://api.openai.com/v1/images/edits
    model = gpt-image-1
    prompt = Add a hat
    image = cat.png (png, 480x320, 33571 bytes)
    -> ./output/000000
  rows: 1 would be sent, 0 would fail, 0 skipped, 0 done already
  estimate: 0.011 to 0.167 USD (the price list of pictures of any listed size and any quality; input tokens come on top)
  $ (export OPENAI_API_KEY="sk-secret$(printf '\n')-with space"; edit)
  error: OPENAI_API_KEY: the key (not shown) holds a space, a line end, a control or a non-ASCII character
  [2]
  $ (export DG_OPENAI_API_KEYS=sk-first-0123456789,,sk-third-0123456789; edit)
  error: DG_OPENAI_API_KEYS, place 2: the key is empty
  [2]

Numbers

  $ (export $key DG_OPENAI_RATE_LIMIT=fast; edit)
  error: DG_OPENAI_RATE_LIMIT: 'fast' is not a whole number from 0 to 100000
  [2]
  $ (export $key DG_OPENAI_RATE_LIMIT=-1; edit)
  error: DG_OPENAI_RATE_LIMIT: '-1' is not a whole number from 0 to 100000
  [2]
  $ (export $key DG_OPENAI_TIMEOUT=0; edit)
  error: DG_OPENAI_TIMEOUT: '0' is not a number above 0 (at most 604800)
  [2]
  $ (export $key DG_OPENAI_MAX_RETRIES=1.5; edit)
  error: DG_OPENAI_MAX_RETRIES: '1.5' is not a whole number from 0 to 100
  [2]
  $ (export $key DG_OPENAI_RETRY_DELAY=-1; edit)
  error: DG_OPENAI_RETRY_DELAY: '-1' is not a number from 0 to 86400
  [2]
  $ (export $key DG_OPENAI_MAX_WORKERS=0; edit)
  error: DG_OPENAI_MAX_WORKERS: '0' is not a whole number from 1 to 10000
  [2]

Lists

  $ (export $key "$two" DG_OPENAI_RATE_LIMITS=60; edit)
  error: DG_OPENAI_RATE_LIMITS: 1 value for 2 endpoints: give one for each
  [2]
  $ (export $key "$two" DG_OPENAI_RATE_LIMITS=60,x; edit)
  error: DG_OPENAI_RATE_LIMITS, place 2: 'x' is not a whole number from 0 to 100000
  [2]
  $ (export $key "$two" DG_OPENAI_WEIGHTS=1; edit)
  error: DG_OPENAI_WEIGHTS: 1 value for 2 endpoints: give one for each
  [2]
  $ (export $key "$two" DG_OPENAI_WEIGHTS=1,-2; edit)
  error: DG_OPENAI_WEIGHTS, place 2: '-2' is not a whole number from 0 to 10000
  [2]
  $ (export $key "$two" DG_OPENAI_WEIGHTS=0,0; edit)
  row 0 (line 2): POST http://127.0.0.1:1/v1/images/edits (one of 2 endpoints)
    model = gpt-image-1
    prompt = Add a hat
    image = cat.png (png, 480x320, 33571 bytes)
    -> ./output/000000
  rows: 1 would be sent, 0 would fail, 0 skipped, 0 done already
  estimate: 0.011 to 0.167 USD (the price list of pictures of any listed size and any quality; input tokens come on top)
  $ (export $key "$two" DG_OPENAI_IMAGE_FIELDS=image,photo; edit)
  error: DG_OPENAI_IMAGE_FIELDS, place 2: 'photo' is not auto, image or image[]
  [2]

Base URLs

  $ (export $key OPENAI_API_BASE=proxy1.com; edit)
  error: OPENAI_API_BASE: 'proxy1.com' is not a base URL: it must begin with http:// or https:// and name a host
  [2]
  $ (export $key OPENAI_API_BASE=ftp://proxy1.com; edit)
  error: OPENAI_API_BASE: 'ftp://proxy1.com' is not a base URL: it must begin with http:// or https:// and name a host
  [2]
  $ (export $key DG_OPENAI_ENDPOINTS=http://proxy1.com,proxy2.com; edit)
  error: DG_OPENAI_ENDPOINTS, place 2: 'proxy2.com' is not a base URL: it must begin with http:// or https:// and name a host
  [2]

Azure

  $ (export $key OPENAI_API_BASE=https://res.openai.azure.com/openai; edit)
  error: OPENAI_API_BASE: 'https://res.openai.azure.com/openai' is an Azure endpoint, which needs a version: set OPENAI_API_VERSION, such as 2025-04-01-preview, or write ?api-version=... behind the URL
  [2]
  $ (export $key OPENAI_API_BASE='https://res.openai.azure.com/?api-version=1&key=2'; edit)
  error: OPENAI_API_BASE: 'https://res.openai.azure.com/?api-version=1&key=2' is not a base URL: of a query, an Azure endpoint may have ?api-version=... alone
  [2]
  $ (export $key OPENAI_API_BASE='https://proxy1.com/v1?api-version=1'; edit)
  error: OPENAI_API_BASE: 'https://proxy1.com/v1?api-version=1' is not a base URL: it may hold no space, ? or #
  [2]
  $ (export $key OPENAI_API_BASE=https://res.openai.azure.com OPENAI_API_VERSION='1 2'; edit)
  error: OPENAI_API_BASE: 'https://res.openai.azure.com' is an Azure endpoint, and OPENAI_API_VERSION is '1 2', which is no version
  [2]
  $ (export $key DG_OPENAI_API_VERSION=1 OPENAI_API_BASE=https://res.openai.azure.com/openai; edit) | sed -n 1p
  row 0 (line 2): POST https://res.openai.azure.com/openai/deployments/gpt-image-1/images/edits?api-version=1

Only warnings: surplus, unknown names, counts that do not pair, a key in the clear

  $ (export $key "$two" DG_OPENAI_WEIGHTS=1,2,3; edit)
  warning: DG_OPENAI_WEIGHTS: 3 values for 2 endpoints: the surplus is ignored
  row 0 (line 2): POST http://127.0.0.1:1/v1/images/edits (one of 2 endpoints)
    model = gpt-image-1
    prompt = Add a hat
    image = cat.png (png, 480x320, 33571 bytes)
    -> ./output/000000
  rows: 1 would be sent, 0 would fail, 0 skipped, 0 done already
  estimate: 0.011 to 0.167 USD (the price list of pictures of any listed size and any quality; input tokens come on top)
  $ (export $key DG_OPENAI_RATE_LIMITTS=60; edit)
  warning: unknown variable 'DG_OPENAI_RATE_LIMITTS' is ignored; did you mean DG_OPENAI_RATE_LIMITS?
  row 0 (line 2): POST https://api.openai.com/v1/images/edits
    model = gpt-image-1
    prompt = Add a hat
    image = cat.png (png, 480x320, 33571 bytes)
    -> ./output/000000
  rows: 1 would be sent, 0 would fail, 0 skipped, 0 done already
  estimate: 0.011 to 0.167 USD (the price list of pictures of any listed size and any quality; input tokens come on top)
  $ (export "$two" DG_OPENAI_API_KEYS=sk-a-0123456789,sk-b-0123456789,sk-c-0123456789; edit)
  warning: DG_OPENAI_API_KEYS: 3 places for 2 endpoints, so every key is sent to every endpoint; give one place an endpoint to pair them
  row 0 (line 2): POST http://127.0.0.1:1/v1/images/edits (one of 2 endpoints)
    model = gpt-image-1
    prompt = Add a hat
    image = cat.png (png, 480x320, 33571 bytes)
    -> ./output/000000
  rows: 1 would be sent, 0 would fail, 0 skipped, 0 done already
  estimate: 0.011 to 0.167 USD (the price list of pictures of any listed size and any quality; input tokens come on top)
  $ (export $key DG_OPENAI_ENDPOINTS=http://proxy1.com; edit)
  warning: the API key goes to proxy1.com over plain http, where it can be read on the way
  row 0 (line 2): POST http://proxy1.com/images/edits
    model = gpt-image-1
    prompt = Add a hat
    image = cat.png (png, 480x320, 33571 bytes)
    -> ./output/000000
  rows: 1 would be sent, 0 would fail, 0 skipped, 0 done already
  estimate: 0.011 to 0.167 USD (the price list of pictures of any listed size and any quality; input tokens come on top)
