Signals and servers that die: what is in flight is finished or told, the rest stays pending.

  $ . "$TESTDIR/../cli/setup.sh"
  $ cp "$DATA/cat.png" .
  $ { echo image_url,instruction; for i in $(seq 60); do echo "cat.png,Row $i"; done; } >data.csv

One SIGINT: what is in flight finishes, exit 130

  $ serve --latency 300 --picture fixed
  $ "$DIFFGENTOR" edit --input data.csv --max_global_workers 8 --quiet >out 2>err & run=$!
  $ wait_for_requests 8
  $ kill -INT $run; wait $run
  [130]
  $ columns output/results.csv status | sort -u
  done
  pending
  $ test "$(columns output/results.csv status | grep -c done)" = "$(sent)" && echo nothing lost
  nothing lost

The next run sends the others only

  $ before=$(sent)
  $ diffgentor edit --input data.csv --max_global_workers 60 2>&1 | sed 's/[0-9][0-9]*/N/g'
  N done, N failed, N reused from earlier runs
  N attempts in N:N, N.N USD
  results: ./output/results.csv
  $ test $(($(sent) - before)) = $((60 - before)) && echo only the others
  only the others

No request starts after the first signal: the program is held still until both counts are taken

  $ serve --latency 1000 --picture fixed
  $ "$DIFFGENTOR" edit --input data.csv --max_global_workers 8 --output_dir still >out 2>err & run=$!
  $ wait_for_requests 8; kill -STOP $run; kill -INT $run; kill -CONT $run; wait $run
  [130]
  $ cat err; stats requests answered; columns still/results.csv status | sort | uniq -c
  stopping: 8 requests in flight may finish; once more ends them
  52 rows pending; the same command sends them
  8 8
        8 done
       52 pending
  $ sql still 'SELECT state, count(*) FROM rows GROUP BY 1'; ls -A still | grep -v png
  0 | 52
  5 | 8
  ledger.sqlite3
  results.csv

Two SIGTERMs: at once, exit 143

  $ serve --fault '*:hang'
  $ "$DIFFGENTOR" edit --input data.csv --max_global_workers 8 --output_dir two >out 2>err & run=$!
  $ wait_for_requests 8
  $ now() { date +%s%3N; }
  $ kill -TERM $run; while alive && ! grep -q stopping err; do :; done; then=$(now); kill -TERM $run; wait $run
  [143]
  $ test $(($(now) - then)) -lt 1000 && echo within a second
  within a second
  $ cat err
  stopping: 8 requests in flight may finish; once more ends them
  results.csv is not written; `diffgentor results two` writes it from the ledger
  60 rows pending; the same command sends them
  8 attempts may have been billed without an answer
  $ sql two 'PRAGMA integrity_check'; sql two 'SELECT state, billed, count(*) FROM rows GROUP BY 1, 2'
  ok
  0 | 0 | 52
  0 | 1 | 8
  $ diffgentor results two; columns two/results.csv status possibly_billed | sort | uniq -c
  results: two/results.csv
       52 pending | 0
        8 pending | 1

In the middle of an import, too, the summary's numbers make all rows of the input, done ones of earlier runs among them

  $ serve --latency 20 --picture fixed
  $ head -11 data.csv >grown.csv; diffgentor edit --input grown.csv --output_dir grown | head -1
  10 done, 0 failed
  $ for i in $(seq 100000); do echo "cat.png,More $i"; done >>grown.csv
  $ rows() { sed -n '1s/[a-z ]*, */ + /g;1s/ [a-z].*//p' out | tr -d '\n' | sed 's/^/echo $((/;s/$/))/' | sh; }
  $ grown() { "$DIFFGENTOR" edit --input grown.csv --output_dir grown >out 2>err & run=$!; }
  $ more=$(($(stats requests) + 1)); grown; wait_for_requests $more; kill -INT $run; wait $run
  [130]
  $ rows; grep -o 'results: .*' out
  100010
  results: grown/results.csv
  $ rm -r grown; cp grown.csv all.csv; head -11 all.csv >grown.csv
  $ diffgentor edit --input grown.csv --output_dir grown | head -1; cp all.csv grown.csv
  10 done, 0 failed
  $ more=$(($(stats requests) + 40)); grown; wait_for_requests $more; kill -INT $run
  $ while alive && ! grep -q stopping err; do :; done; kill -INT $run; wait $run
  [130]
  $ rows; diffgentor status grown | grep -c '  done  *10$'
  100010
  0
  [1]

The server dies mid-run: what was on the wire fails, each with its reason; for the others it is waited

  $ serve --latency 2000 --picture fixed
  $ "$DIFFGENTOR" edit --input data.csv --max_global_workers 8 --output_dir dead --max_outage 1 --quiet >out 2>err & run=$!
  $ wait_for_requests 8
  $ kill -KILL ${server##* }; wait $run
  [3]
  $ columns dead/results.csv status error_code attempts | sort | uniq -c | sed 's/^ *[0-9]* /N /'
  N failed | reset | 1
  N pending |  | 0
  $ grep -o 'no endpoint has served for .*' err | steady
  no endpoint has served for 1 second (--max_outage 1): http://HOST/v1 is aside

A producer slower than the server delays nobody: the first row is answered while its end is awaited

  $ serve --latency 100 --picture fixed
  $ mkfifo slow && : >requests.jsonl
  $ "$DIFFGENTOR" edit --input slow --output_dir slowly --timeout 5 --quiet >out 2>err & run=$!
  $ exec 9>slow && printf 'image_url,instruction\ncat.png,A\ncat.png,"B' >&9
  $ while alive && ! [ -e slowly/000000.png ]; do :; done; sent
  1
  $ printf ' and more"\n' >&9 && exec 9>&-; wait $run
  $ columns slowly/results.csv instruction status
  A | done
  B and more | done

Two runs on one folder: the second says who has it, and sends nothing

  $ serve --fault '*:hang'
  $ "$DIFFGENTOR" edit --input data.csv --output_dir mine --quiet >out 2>err & run=$!
  $ wait_for_requests 8
  $ diffgentor edit --input data.csv --output_dir mine 2>&1 | sed "s/$run/PID/"
  error: mine/.diffgentor/lock: held by process PID; one run at a time
  $ kill -KILL $run; wait $run 2>/dev/null
  [137]
  $ serve --picture fixed
  $ diffgentor edit --input data.csv --output_dir mine --quiet 2>/dev/null | head -1
  60 done, 0 failed
  $ ls -d mine/.diffgentor
  ls: cannot access 'mine/.diffgentor': No such file or directory
  [2]
