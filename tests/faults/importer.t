The importer is a process of its own: its death ends the run in order, and it never outlives the run.

  $ . "$TESTDIR/../cli/setup.sh"
  $ cp "$DATA/cat.png" .
  $ header() { echo image_url,instruction; }
  $ rows() { for i in $(seq "$1" "$2"); do echo "cat.png,Row $i"; done; }
  $ importer() { cut -d ' ' -f 1 /proc/$run/task/$run/children; }
  $ mkfifo pipe
  $ serve --picture fixed --latency 100

Killed alone in the middle of an import: what came is done with, the next run sends the others only

  $ "$DIFFGENTOR" edit --input pipe --output_dir a >out 2>err & run=$!
  $ exec 9>pipe; { header; rows 1 10; } >&9; wait_for_requests 10
  $ kill -KILL $(importer); wait $run
  [3]
  $ exec 9>&-; cat err; steady <out
  error: the importer has ended; rows that it had not taken up are sent by the next run
  error: results.csv could not be written: the importer has ended
  `diffgentor results a` writes it from the ledger
  warning: the importer was ended by signal 9
  10 done, 0 failed
  10 attempts in TIME, 0.4552 USD
  $ diffgentor results a; columns a/results.csv status | sort | uniq -c
  results: a/results.csv
       10 done
  $ { header; rows 1 20; } | diffgentor edit --input - --output_dir a 2>&1 | head -1; stats requests
  10 done, 0 failed, 10 reused from earlier runs
  20

Killed when the input is in the ledger: all rows are done, the results are not written

  $ { header; rows 1 20; } >data.csv
  $ "$DIFFGENTOR" edit --input data.csv --output_dir b --max_global_workers 1 >out 2>err & run=$!
  $ wait_for_requests 24
  $ kill -KILL $(importer); wait $run
  [3]
  $ cat err; head -1 out; sql b 'PRAGMA integrity_check'
  error: results.csv could not be written: the importer has ended
  `diffgentor results b` writes it from the ledger
  warning: the importer was ended by signal 9
  20 done, 0 failed
  ok
  $ diffgentor edit --input data.csv --output_dir b | head -1; stats requests; columns b/results.csv status | uniq -c
  0 done, 0 failed, 20 reused from earlier runs
  40
       20 done

The run is killed alone: the importer is gone too, and the folder is free

  $ serve --fault '*:hang'
  $ "$DIFFGENTOR" edit --input pipe --output_dir c --max_global_workers 4 >out 2>err & run=$!
  $ exec 9>pipe; { header; rows 1 10; } >&9; wait_for_requests 4
  $ child=$(importer); kill -0 $child && kill -KILL $run; wait $run 2>/dev/null
  [137]
  $ while kill -0 $child 2>/dev/null; do :; done; exec 9>&-
  $ serve --picture fixed --latency 50
  $ { header; rows 1 10; } | diffgentor edit --input - --output_dir c 2>&1 | steady
  warning: 4 requests of a run that was cut off may have been billed without an answer; those rows are pending again (column possibly_billed)
  10 done, 0 failed
  10 attempts in TIME, 0.4552 USD
  results: c/results.csv

Interrupted while its input still comes: the rows that came are in results.csv

  $ "$DIFFGENTOR" edit --input pipe --output_dir d >out 2>err & run=$!
  $ exec 9>pipe; { header; rows 1 10; } >&9; wait_for_requests 20
  $ kill -INT $run; wait $run
  [130]
  $ exec 9>&-; columns d/results.csv status | uniq -c
       10 done
  $ { header; rows 1 20; } | diffgentor edit --input - --output_dir d 2>&1 | head -1; stats requests
  10 done, 0 failed, 10 reused from earlier runs
  30
  $ ls -A d | grep -v png
  ledger.sqlite3
  results.csv

Interrupted while a pipe is copied, to be compared with what is done: no copy is left

  $ "$DIFFGENTOR" edit --input pipe --output_dir d >out 2>err & run=$!
  $ exec 9>pipe; { header; rows 1 10; } >&9; while alive && ! test -s d/.diffgentor/input.csv; do :; done
  $ kill -INT $run; wait $run
  [130]
  $ exec 9>&-; cat err; ls -A d | grep -v png
  pipe: stopped while reading the input
  ledger.sqlite3
  results.csv
