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
  $ ls output/.diffgentor/results.csv.outcomes
  output/.diffgentor/results.csv.outcomes
  $ kill ${server##* }; mv requests.jsonl first.jsonl

A dry run knows what is done, and changes nothing

  $ cp output/.diffgentor/results.csv.outcomes before
  $ serve --picture fixed
  $ diffgentor edit --input data.csv --dry_run | tail -1 >dry; done=$(sed 's/.*skipped, \([0-9]*\) done.*/\1/' dry)
  $ test "$done" -ge 7 && test "$done" -le "$(pictures)" && echo as many as there are
  as many as there are
  $ cmp before output/.diffgentor/results.csv.outcomes

The second run asks for the others only, and leaves nothing behind

  $ diffgentor edit --input data.csv --max_global_workers 60 --quiet >out
  $ test "$(sent)" = $((60 - done)) && echo only the others
  only the others
  $ head -1 out | sed 's/[0-9][0-9]*/N/g'
  N done, N failed, N reused from earlier runs
  $ columns output/results.csv status | sort | uniq -c
       60 done
  $ test -e output/.diffgentor/results.csv.outcomes || echo taken up
  taken up
