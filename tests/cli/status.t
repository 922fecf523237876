diffgentor status DIR: how far a run is, from its ledger alone.

  $ . "$TESTDIR/setup.sh"
  $ serve --picture fixed --latency 60 --fault 2:500 --fault 4:429/rate_limit_exceeded --fault 5:500 \
  >     --fault 6:close --fault '12-99:hang'
  $ cp "$DATA/cat.png" .
  $ { echo image_url,instruction; for i in $(seq 0 13); do echo "cat.png,Row $i"; done; } >data.csv
  $ untimed() { steady | sed -E -e '/^pool /,+2d'  -e 's/[0-9]+\.[0-9] answers/N answers/' -e 's/ETA [0-9:]+/ETA TIME/' -e 's/ +[0-9]+\.[0-9]{2} s/ N s/g'; }

Of a run that is going on

  $ "$DIFFGENTOR" edit --input data.csv --max_global_workers 1 >out 2>err & run=$!
  $ wait_for_requests 12
  $ diffgentor status output | untimed
  run 1 is going on
    done               7
    failed             4
    sending            1
    pending            2
  N answers/s, ETA TIME
  attempts 12, possibly billed without an answer 1
  tokens 2324 in, 7392 out; cost 0.3186 USD
  attempts       ok   failed       p50       p90       p99  endpoint
        12        7        4 N s N s N s  http://HOST/v1
  errors:
         2 server_error  http://HOST/v1
         1 rate_limit_exceeded  http://HOST/v1
         1 reset  http://HOST/v1

Watched until it ends, here by kill -9

  $ "$DIFFGENTOR" status output --watch >watched & watch=$!
  $ while ! [ -s watched ]; do :; done; kill -KILL $run; wait $watch; grep ^run watched | uniq
  run 1 is going on
  run 1 was cut off
  $ wait $run 2>/dev/null
  [137]
  $ diffgentor status output | untimed | head -5
  run 1 was cut off
    done               7
    failed             4
    sending            1
    pending            2

As JSON

  $ kill $server; serve --picture fixed
  $ diffgentor edit --input data.csv --quiet >out 2>&1; echo $?
  0
  $ diffgentor status output --json >json; wc -l <json; /usr/bin/python3 -c '
  > import json
  > s = json.load(open("json"))
  > print(s["rows"], s["total"], s["attempts"], s["possibly_billed"], s["run"], s["run_code"], s["running"])
  > print(s["tokens"], s["cost_usd"], s["unpriced_answers"], s["input"].split("/")[-1])
  > assert s["run_started"] <= s["run_ended"] and s["rate"] > 0
  > old = max(s["endpoints"], key=lambda e: e["attempts"])
  > assert 0.06 <= old["p50"] <= old["p90"] <= old["p99"] < 5, old
  > print(*(sorted((e["attempts"], e["ok"], e["failed"], e["open"]) for e in s["endpoints"])))
  > print(*((e["count"], e["code"]) for e in s["errors"]))'
  1
  {'answered': 0, 'done': 14, 'failed': 0, 'pending': 0, 'running': 0, 'sending': 0, 'skipped': 0} 14 19 2 2 0 False
  {'input': 4648, 'output': 14784, 'total': 19432} 0.63721 0 data.csv
  (7, 7, 0, 0) (12, 7, 5, 0)
  (2, 'server_error') (1, 'lost') (1, 'rate_limit_exceeded') (1, 'reset')

A finished run is watched once; looking changes nothing

  $ sums output >before; diffgentor status output --watch | head -1; sums output | diff before -
  run 2 ended with exit code 0

A model without a price has no cost, not none

  $ echo 'return { ["gpt-image-1"] = false }' >none.lua
  $ diffgentor edit --input data.csv --filter_rows 0 --prices none.lua --output_dir other --quiet >out 2>&1
  $ diffgentor status other | grep cost
  tokens 332 in, 1056 out; cost unknown

Where there is no ledger

  $ diffgentor status
  error: diffgentor status: DIR is missing: the output folder of a run
  see 'diffgentor status --help'
  [2]
  $ mkdir empty; diffgentor status empty; ls -A empty
  error: empty/ledger.sqlite3: there is no ledger here; name the output folder of a run
  $ ln -s loop loop; diffgentor status loop
  error: loop/ledger.sqlite3: Too many levels of symbolic links
  [2]
  $ diffgentor status data.csv
  error: data.csv/ledger.sqlite3: there is no ledger here; name the output folder of a run
  [2]
