The pool over real servers: limits, keys and endpoints that die, and what the servers saw.

  $ . "$TESTDIR/../cli/setup.sh"
  $ cp "$DATA/cat.png" .
  $ { echo image_url,instruction; for i in $(seq 60); do echo "cat.png,Row $i"; done; } >data.csv
  $ edit() { "$DIFFGENTOR" edit --input data.csv --quiet "$@" 2>&1 | steady; }
  $ two() { serve "$@" --request_log "$PWD/one.jsonl"; ONE=$URL; }
  $ asked() { settled; grep -c images/edits "$1"; }
  $ keys() { settled; sed -n '/images.edits/s/.*"key":"\([^"]*\)".*/\1/p' "$1" | sort | uniq -c | sed 's/^ *//'; }

A limited endpoint beside a free one: nobody waits for the limited one

  $ two --picture fixed; serve --picture fixed
  $ export DG_OPENAI_ENDPOINTS="$ONE,$URL" DG_OPENAI_RATE_LIMITS=5,0
  $ edit --output_dir a | head -1
  60 done, 0 failed
  $ asked one.jsonl; asked requests.jsonl
  5
  55
  $ unset DG_OPENAI_RATE_LIMITS

Weights share the work, and each host sees its own key only

  $ two --picture fixed; rm *.jsonl; two --picture fixed; serve --picture fixed
  $ export DG_OPENAI_ENDPOINTS="$ONE,$URL" DG_OPENAI_API_KEYS=sk-one-0123456789ab,sk-two-0123456789ab
  $ DG_OPENAI_WEIGHTS=1,2 edit --output_dir b | head -1
  60 done, 0 failed
  $ asked one.jsonl; asked requests.jsonl
  20
  40
  $ keys one.jsonl | cut -d' ' -f 1; keys requests.jsonl | cut -d' ' -f 1
  20
  40
  $ test "$(keys one.jsonl | cut -d' ' -f 2)" != "$(keys requests.jsonl | cut -d' ' -f 2)"

A key dies in the middle of the run: the other one does the rest, and no row is lost

  $ rm *.jsonl; two --picture fixed --fault '10-999:401/invalid_api_key'; serve --picture fixed
  $ export DG_OPENAI_ENDPOINTS="$ONE,$URL"
  $ edit --output_dir c --max_global_workers 4 | head -1
  60 done, 0 failed
  $ test $(asked one.jsonl) -lt 15
  $ test "$(sql c 'SELECT count(*) FROM attempts')" = $(($(asked one.jsonl) + $(asked requests.jsonl)))

All keys die: the run stops, says what each died of, and all other rows stay pending

  $ rm *.jsonl; two --picture fixed --fault '10-999:401/invalid_api_key'
  $ serve --picture fixed --fault '10-999:429/insufficient_quota'
  $ export DG_OPENAI_ENDPOINTS="$ONE,$URL"
  $ edit --output_dir d | head -1
  error: no key is left: http://HOST/v1 key 1 (401 invalid_api_key), http://HOST/v1 key 1 (429 insufficient_quota)
  $ columns d/results.csv status | sort | uniq -c
       18 done
       42 pending
  $ rm *.jsonl; serve --picture fixed
  $ (unset DG_OPENAI_ENDPOINTS DG_OPENAI_API_KEYS; edit --output_dir d | head -1; sent)
  42 done, 0 failed, 18 reused from earlier runs
  42

An endpoint dies in the middle of the run and returns: its rows wait, and all are done

  $ unset DG_OPENAI_ENDPOINTS DG_OPENAI_API_KEYS; rm *.jsonl
  $ serve --picture fixed --latency 50; port=${URL##*:}; port=${port%/v1}
  $ "$DIFFGENTOR" edit --input data.csv --output_dir e --max_global_workers 4 --api_max_retries 2 --quiet >out 2>err & run=$!
  $ wait_for_requests 20; kill -KILL ${server##* }; while kill -0 ${server##* } 2>/dev/null; do :; done
  $ while alive && ! "$DIFFGENTOR" status e --json | grep -q '"standing":"aside"'; do :; done
  $ serve --picture fixed --port $port; wait $run; head -1 out
  60 done, 0 failed
  $ sql e 'SELECT count(*) > 59, count(*) < 70 FROM attempts'
  1 | 1

30 % of the answers are faults, with 5 retries: every row ends, and the server saw what the ledger has

  $ rm *.jsonl
  $ serve --picture fixed --fault '6%:429' --fault '6%:500' --fault '6%:503,retry_after_ms=20' --fault '6%:reset' --fault '6%:truncate'
  $ edit --output_dir f --api_max_retries 5 --retry_delay 0.01 | head -1
  60 done, 0 failed
  $ test "$(sql f 'SELECT count(*) FROM attempts')" = "$(sent)"

A model that one endpoint does not have: the other one serves it

  $ rm *.jsonl; two --fault '*:404/model_not_found'; serve --picture fixed
  $ export DG_OPENAI_ENDPOINTS="$ONE,$URL"
  $ edit --output_dir g --max_global_workers 4 | head -1
  60 done, 0 failed
  $ asked requests.jsonl; test $(asked one.jsonl) -lt 5
  60
