diffgentor results DIR: the table at any time, in both formats, without harm to anybody's file.

  $ . "$TESTDIR/setup.sh"
  $ serve --picture fixed --fault '2:400/=HYPERLINK("x")' --fault '3:400/@SUM(1)' --fault '5-99:hang'
  $ cp "$DATA/cat.png" .
  $ printf 'image_url,instruction,mine\r\ncat.png,"=1+1",  =A1 \r\ncat.png,"two\r\nlines ""q""",+1\r\n' >data.csv
  $ printf 'cat.png,@x,-2\r\ncat.png,C,\303\244\r\ncat.png,D,\r\ncat.png,E,\r\n' >>data.csv

While the run is going on: what has ended is there, the others are pending

  $ "$DIFFGENTOR" edit --input data.csv --max_global_workers 1 >out 2>err & run=$!
  $ wait_for_requests 5
  $ diffgentor results output
  results: output/results.csv
  $ columns output/results.csv instruction status output_image attempts
  =1+1 | done | 000000.png | 1
  two\r (esc)
  lines "q" | failed |  | 1
  @x | failed |  | 1
  C | done | 000003.png | 1
  D | pending |  | 1
  E | pending |  | 0
  $ kill -KILL $run; wait $run 2>/dev/null
  [137]

What a server said and a spreadsheet would run as a formula is made safe; the user's cells stay byte for byte

  $ diffgentor results output --output dir/table.csv
  results: dir/table.csv
  $ columns dir/table.csv error_code mine
   |   =A1 
  '=HYPERLINK("x") | +1
  '@SUM(1) | -2
   | ä
   | 
   | 
  $ cells() { /usr/bin/python3 -c '
  > import csv, sys
  > for row in csv.reader(open(sys.argv[1], newline="", encoding="latin-1")): print(row[:3])' "$1"; }
  $ cells data.csv >mine; cells dir/table.csv | diff mine -

JSON Lines say the same, with what the server said as it was: nothing there is a formula

  $ diffgentor results output --format jsonl
  results: output/results.jsonl
  $ /usr/bin/python3 -c '
  > import json
  > for line in open("output/results.jsonl"):
  >     row = json.loads(line)
  >     print(row["mine"], row["status"], row["error_code"], row["attempts"], row["cost_usd"], sep=" | ")'
    =A1  | done | None | 1 | 0.045515
  +1 | failed | =HYPERLINK("x") | 1 | None
  -2 | failed | @SUM(1) | 1 | None
  \xc3\xa4 | done | None | 1 | 0.04551 (esc)
   | pending | None | 1 | None
   | pending | None | 0 | None

A table of its own may be written again; what is somebody else's is left alone

  $ diffgentor results output --output dir/table.csv
  results: dir/table.csv
  $ table foreign.csv 'a,b' '1,2' && ln -s foreign.csv link.csv
  $ diffgentor results output --output foreign.csv; cat foreign.csv
  error: foreign.csv: is no results file of this program (its columns are others); it is not overwritten: name another one, or move it away
  a,b
  1,2
  $ diffgentor results output --output link.csv >/dev/null 2>&1
  [2]
  $ diffgentor results output --output data.csv
  error: data.csv: is no results file of this program (its columns are others); it is not overwritten: name another one, or move it away
  [2]
  $ diffgentor results output --output dir
  error: dir: is no results file of this program (not a regular file); it is not overwritten: name another one, or move it away
  [2]
  $ diffgentor results output --output output/ledger.sqlite3 >/dev/null 2>&1; sql output 'PRAGMA integrity_check'
  ok

Where there is nothing to tell

  $ diffgentor results
  error: diffgentor results: DIR is missing: the output folder of a run
  see 'diffgentor results --help'
  [2]
  $ mkdir empty; diffgentor results empty; ls -A empty
  error: empty/ledger.sqlite3: there is no ledger here; name the output folder of a run
  $ diffgentor results nowhere
  error: nowhere/ledger.sqlite3: there is no ledger here; name the output folder of a run
  [2]
  $ diffgentor results output --format xml
  error: --format: 'xml' is not csv or jsonl
  see 'diffgentor results --help'
  [2]
  $ diffgentor results output --outptu x
  error: unknown option '--outptu'; did you mean '--output'?
  see 'diffgentor results --help'
  [2]
