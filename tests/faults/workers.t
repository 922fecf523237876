Worker processes: they share the work and its limits, and die without harm.

  $ . "$TESTDIR/../cli/setup.sh"
  $ cp "$DATA/cat.png" .
  $ rows() { echo image_url,instruction; for i in $(seq "$1"); do echo "cat.png,Row $i"; done; }
  $ rows 60 >data.csv
  $ importer() { cut -d ' ' -f 1 /proc/$run/task/$run/children; }
  $ workers() { cut -d ' ' -f 2- /proc/$run/task/$run/children 2>/dev/null; }
  $ lives() { kill -0 $run 2>/dev/null; }
  $ gone() { ! kill -0 "$1" 2>/dev/null || grep -q '^State:.*Z' /proc/$1/status 2>/dev/null; }

As many as are asked for, with all places between them; the results are those of one process

  $ serve --picture fixed --latency 300
  $ "$DIFFGENTOR" edit --input data.csv --output_dir two --num_processes 2 --max_global_workers 5 --quiet >out 2>err & run=$!
  $ wait_for_requests 5; workers | wc -w; wait $run; head -1 out; stats max_in_flight
  2
  60 done, 0 failed
  5
  $ diffgentor edit --input data.csv --output_dir one --num_processes 1 --max_global_workers 60 --quiet | head -1
  60 done, 0 failed
  $ columns two/results.csv instruction output_image status attempts >two.txt
  $ columns one/results.csv instruction output_image status attempts | cmp - two.txt
  $ for name in one/*.png; do cmp $name two/${name#one/}; done

More processes than places are of no use

  $ more=$(($(stats requests) + 3))
  $ "$DIFFGENTOR" edit --input data.csv --output_dir few --num_processes 8 --max_global_workers 3 --filter_rows :9 --quiet >out 2>err & run=$!
  $ wait_for_requests $more; workers | wc -w; wait $run; head -1 out
  3
  9 done, 0 failed, 51 skipped

A worker is killed every second: all rows are done, once, and the server saw what the ledger has

  $ serve --picture fixed --latency 100
  $ rows 500 >many.csv; : >requests.jsonl
  $ "$DIFFGENTOR" edit --input many.csv --output_dir many --max_global_workers 12 --quiet >out 2>err & run=$!
  $ wait_for_requests 12
  $ killed=0; while lives && [ $(stats requests) -lt 400 ]; do
  >     victim=$(workers | cut -d ' ' -f 1); kill -KILL $victim && killed=$((killed + 1))
  >     next=$(($(stats requests) + 50)); while lives && [ $(stats requests) -lt $next ]; do :; done; done
  $ wait $run; head -1 out; test $killed -ge 3
  500 done, 0 failed
  $ sql many 'SELECT state, count(*) FROM rows GROUP BY 1'; ls many | grep -c png
  5 | 500
  500
  $ ls -A many | grep -v png
  ledger.sqlite3
  results.csv
  $ test "$(sql many 'SELECT count(*) FROM attempts')" -ge "$(sent)"
  $ sql many "SELECT count(*) FROM (SELECT 1 FROM attempts WHERE verdict = 'ok' GROUP BY position HAVING count(*) > 1)"
  0
  $ test $(grep -c 'was ended by signal 9' err) -ge 3

Five die without a row that ended between: the run stops

  $ serve --fault '*:hang'
  $ "$DIFFGENTOR" edit --input data.csv --output_dir five --max_global_workers 4 --quiet >out 2>err & run=$!
  $ wait_for_requests 4
  $ for i in 1 2 3 4 5; do
  >     victim=$(workers | cut -d ' ' -f 1); kill -KILL $victim
  >     while lives && ! gone $victim; do :; done
  >     while lives && [ $(grep -c 'signal 9' err) -lt $i ]; do :; done; done
  $ grep -o '[0-9] workers have died.*' err
  5 workers have died and no row has ended between
  $ kill -INT $run; kill -TERM $run; wait $run 2>/dev/null
  [130]

The run is killed: its workers are gone too, and the folder is free

  $ more=$(($(stats requests) + 4))
  $ "$DIFFGENTOR" edit --input data.csv --output_dir alone --max_global_workers 4 --quiet >out 2>err & run=$!
  $ wait_for_requests $more; all="$(importer) $(workers)"
  $ kill -KILL $run; wait $run 2>/dev/null
  [137]
  $ for pid in $all; do while ! gone $pid; do :; done; done
  $ serve --picture fixed
  $ diffgentor edit --input data.csv --output_dir alone --quiet 2>/dev/null | head -1
  60 done, 0 failed

A row whose picture's place is what workers crash at, twice: it fails with that, and is not sent again

  $ rows 4 >four.csv; : >requests.jsonl
  $ ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o trace -e trace=rename -e inject=rename:error=EIO:signal=ABRT "$DIFFGENTOR" edit \
  >     --input four.csv --output_dir crash --num_processes 2 --max_global_workers 2 --quiet >out 2>err
  [3]
  $ diffgentor results crash >/dev/null; columns crash/results.csv status error_code error | sort | uniq -c
        4 failed | worker_crashed | its hook or picture work was under way in 2 workers that crashed
  $ sent; grep -c 'worker [12] was ended by signal 6' err
  4
  8
