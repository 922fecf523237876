kill -9 and resume: what has been answered and recorded is not asked for again.

  $ . "$TESTDIR/../cli/setup.sh"
  $ cp "$DATA/cat.png" .
  $ { echo image_url,instruction; for i in $(seq 60); do echo "cat.png,Row $i"; done; } >data.csv
  $ pictures() { ls output/*.png 2>/dev/null | wc -l; }

The first run is killed while it has answers and awaits others

  $ serve --latency 200 --picture fixed
  $ "$DIFFGENTOR" edit --input data.csv --max_global_workers 4 --quiet >out 2>err & run=$!
  $ while [ "$(pictures)" -lt 8 ]; do :; done; kill -KILL $run; wait $run 2>/dev/null
  [137]
  $ test -e output/results.csv || echo no results
  no results
  $ sql output 'PRAGMA integrity_check'
  ok
  $ kill ${server##* }; mv requests.jsonl first.jsonl

A dry run knows what is done, and changes nothing

  $ everything() { sql output 'SELECT * FROM rows'; sql output 'SELECT * FROM attempts'; sql output 'SELECT * FROM runs'; sums output; }
  $ everything >before
  $ serve --picture fixed
  $ diffgentor edit --input data.csv --dry_run >dry; done=$(sed -n 's/^rows.*skipped, \([0-9]*\) done.*/\1/p' dry)
  $ test "$done" -ge 8 && test "$done" -ge "$(pictures)" && echo as many as there are
  as many as there are
  $ tail -1 dry | sed 's/[0-9.][0-9.]*/N/g'
  estimate: N USD (the mean of the N finished)
  $ everything | cmp before

The second run asks for the others only, and leaves nothing behind

  $ diffgentor edit --input data.csv --max_global_workers 60 --quiet >out 2>err
  $ sed 's/[0-9][0-9]*/N/' err
  warning: N requests of a run that was cut off may have been billed without an answer; those rows are pending again (column possibly_billed)
  $ test "$(sent)" = $((60 - done)) && echo only the others
  only the others
  $ head -1 out | sed 's/[0-9][0-9]*/N/g'
  N done, N failed, N reused from earlier runs
  $ columns output/results.csv status | sort | uniq -c
       60 done
  $ ls -A output | grep -v png
  ledger.sqlite3
  results.csv
