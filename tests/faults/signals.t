Signals and servers that die: what is in flight is finished or told, the rest stays pending.

  $ . "$TESTDIR/../cli/setup.sh"
  $ cp "$DATA/cat.png" .
  $ { echo image_url,instruction; for i in $(seq 60); do echo "cat.png,Row $i"; done; } >data.csv
  $ wait_for_requests() { while alive && [ "$(stats requests)" -lt "$1" ]; do :; done; }
  $ alive() { kill -0 $run 2>/dev/null || { echo "ended early:"; cat err; false; }; }

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

Two SIGTERMs: at once, exit 143

  $ serve --fault '*:hang'
  $ "$DIFFGENTOR" edit --input data.csv --max_global_workers 8 --output_dir two >out 2>err & run=$!
  $ wait_for_requests 8
  $ kill -TERM $run; while alive && ! grep -q stopping err; do :; done; kill -TERM $run; wait $run
  [143]
  $ columns two/results.csv status | sort | uniq -c
       60 pending

The server dies mid-run: those rows fail, each with its reason, and the program ends in order

  $ serve --latency 300 --picture fixed
  $ "$DIFFGENTOR" edit --input data.csv --max_global_workers 8 --output_dir dead --quiet >out 2>err & run=$!
  $ wait_for_requests 8
  $ kill -KILL ${server##* }; wait $run
  [1]
  $ columns dead/results.csv status error_code | sort | uniq -c | sed 's/^ *[0-9]* /N /'
  N failed | connect
  N failed | reset

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
