500 rows, 64 in flight, 200 ms each: the server sees 64 at once, memory stays small.

  $ . "$TESTDIR/../cli/setup.sh"
  $ serve --latency 200 --picture fixed
  $ cp "$DATA/cat.png" .
  $ { echo image_url,instruction; for i in $(seq 500); do echo "cat.png,Row $i"; done; } >data.csv
  $ "$TESTDIR/peak" 40 "$DIFFGENTOR" edit --input data.csv --max_global_workers 64 | steady
  500 done, 0 failed
  500 attempts in TIME, 22.76 USD
  results: ./output/results.csv
  below 40 MiB
  $ stats max_in_flight requests answered
  64 500 500
  $ ls output/*.png | wc -l
  500

A row more is a few bytes more: a table of 100,000 rows of which ten are sent.

  $ { echo image_url,instruction; yes 'cat.png,"A long instruction, which is the same in every row of this table"' |
  >     head -n 100000; } >long.csv
  $ "$TESTDIR/peak" 24 "$DIFFGENTOR" edit --input long.csv --filter_rows 99990: --output_dir long --quiet | steady
  10 done, 0 failed, 99990 skipped
  10 attempts in TIME, 0.4559 USD
  results: long/results.csv
  below 24 MiB
  $ wc -l <long/results.csv
  100001
