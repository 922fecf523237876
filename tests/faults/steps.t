Rows that take several requests, in a run that is killed again and again: no finished request is paid twice

  $ . "$TESTDIR/../cli/setup.sh"
  $ cp "$DATA/cat.png" "$DATA/../judge.lua" .
  $ { echo image_url,instruction; for i in $(seq 40); do echo "cat.png,Row $i"; done; } >data.csv
  $ serve --picture fixed --latency 200-400
  $ judged() { exec "$DIFFGENTOR" script judge.lua --input data.csv --output_dir out --max_global_workers 8 --no_preflight "$@"; }
  $ for k in 1 2 3 4; do
  >     judged >out.txt 2>err & run=$!
  >     wait_for_requests $(($(stats requests) + 5 + k)); { kill -KILL $run; wait $run; } 2>/dev/null
  > done
  [137]
  $ (judged --quiet 2>err) | sed -n 's/^[0-9]* done, \([0-9]* failed\).*/\1/p'
  0 failed
  $ sql out "SELECT n, count(*) FROM (SELECT count(*) n FROM attempts WHERE model = 'gpt-image-1' AND verdict = 'ok' GROUP BY position) GROUP BY n"
  2 | 40
  $ columns out/results.csv status verdict goes | sort | uniq -c
       40 done | yes | 2
  $ sql out 'SELECT count(*) FROM steps'; ls -A out | grep -v png
  0
  ledger.sqlite3
  results.csv
  $ test "$(sql out "SELECT count(*) FROM attempts WHERE model = 'gpt-image-1'")" -ge "$(sent)" && echo every request is known
  every request is known
