A key is nowhere but in its request: not in messages, logs, results, nor in the process list.

  $ . "$TESTDIR/setup.sh"
  $ serve --keys sk-another-key-0123456789 --latency 300
  $ cp "$DATA/cat.png" .
  $ table data.csv 'image_url,instruction' 'cat.png,A'
  $ export OPENAI_API_KEY=sk-canary-5ecret-0123456789
  $ diffgentor edit --input data.csv --verbose --log_dir logs >out 2>err
  [2]
  $ steady <err | head -2
  error: every key is refused: http://HOST/v1 refuses key 1 (401 invalid_api_key) (--no_preflight sends all the same)
  $ diffgentor edit --input data.csv --dry_run >dry 2>&1
  $ OPENAI_API_BASE=https://me:sk-canary-5ecret-0123456789@127.0.0.1:1/v1 diffgentor edit --input data.csv \
  >     --verbose --log_dir logs --output_dir two >out2 2>err2
  [2]
  $ grep -r canary out err dry out2 err2 logs output two requests.jsonl serve.err
  [1]

Nor in the arguments of any process

  $ serve --fault '*:hang'
  $ export OPENAI_API_KEY=sk-canary-5ecret-0123456789
  $ "$DIFFGENTOR" edit --input data.csv --output_dir three --quiet >out 2>err & run=$!
  $ while kill -0 $run && [ "$(stats requests)" -lt 1 ]; do :; done
  $ tr '\0' ' ' </proc/$run/cmdline | grep -c canary
  0
  [1]
  $ kill -KILL $run; wait $run 2>/dev/null
  [137]
