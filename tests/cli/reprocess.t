An answer that was paid for is never lost: where it cannot be put into place it is kept, and
diffgentor reprocess DIR puts it there without a request.

  $ . "$TESTDIR/setup.sh"
  $ serve --picture fixed --latency 2000
  $ cp "$DATA/cat.png" .
  $ table data.csv 'image_url,instruction,name' 'cat.png,A,a/x' 'cat.png,B,a/y' 'cat.png,C,z'
  $ rows() { columns "$1/results.csv" status output_image attempts error_code; }

A file of somebody else's appears where a picture was to go, and a folder becomes a link to elsewhere

  $ "$DIFFGENTOR" edit --input data.csv --output_name_column name >out 2>err & run=$!
  $ wait_for_requests 3
  $ echo mine >output/z.png && rmdir output/a && mkdir elsewhere && ln -s ../elsewhere output/a
  $ wait $run
  [1]
  $ steady <out; sed 's/\.[0-9a-f]*\.part/.PART/' err | sort
  0 done, 3 failed
  3 attempts in TIME, 0.1365 USD
  errors:
         2  symlink
         1  file_exists
  results: ./output/results.csv
  3 answers kept and not processed; the same command, or `diffgentor reprocess ./output`, does that without a request
  warning: row 0 (line 2): ./output/a: is a symbolic link where a folder is needed; rename or remove it; the picture is kept as ./output/.diffgentor/x.PART
  warning: row 1 (line 3): ./output/a: is a symbolic link where a folder is needed; rename or remove it; the picture is kept as ./output/.diffgentor/y.PART
  warning: row 2 (line 4): ./output/z.png exists and is none of the row's present pictures; move it away or choose another --output_dir or name; the picture is kept as ./output/.diffgentor/z.PART
  $ rows output
  answered |  | 1 | symlink
  answered |  | 1 | symlink
  answered |  | 1 | file_exists
  $ diffgentor status output | grep -e answered -e pending; cat output/z.png; ls -A elsewhere
    answered           3
    pending            0
  mine

Nothing is mended, nothing is sent, nothing is lost

  $ diffgentor reprocess output 2>/dev/null | steady
  0 done, 3 failed
  0 attempts in TIME
  errors:
         2  symlink
         1  file_exists
  results: output/results.csv
  $ diffgentor edit --input data.csv --output_name_column name >out 2>&1
  [1]
  $ diffgentor edit --input data.csv --output_name_column name --dry_run
  row 0 (line 2): answered already, to be processed
  row 1 (line 3): answered already, to be processed
  row 2 (line 4): answered already, to be processed
  rows: 0 would be sent, 0 would fail, 0 skipped, 3 done already
  $ sent; ls output/.diffgentor | wc -l
  3
  3

One by one mended

  $ rm output/a
  $ diffgentor reprocess output 2>/dev/null | head -1; rows output; sent
  2 done, 1 failed
  done | a/x.png | 1 | 
  done | a/y.png | 1 | 
  answered |  | 1 | file_exists
  3
  $ mv output/z.png .
  $ diffgentor reprocess output --quiet; rows output; sent
  1 done, 0 failed
  0 attempts in 0:00
  results: output/results.csv
  done | a/x.png | 1 | 
  done | a/y.png | 1 | 
  done | z.png | 1 | 
  3
  $ cmp output/z.png output/a/x.png; ls -A output
  a
  ledger.sqlite3
  results.csv
  z.png
  $ diffgentor reprocess output; diffgentor edit --input data.csv --output_name_column name | head -1; sent
  0 done, 0 failed
  0 attempts in 0:00
  results: output/results.csv
  0 done, 0 failed, 3 reused from earlier runs
  3

The run itself takes up what is kept as well, and sends only the others

  $ "$DIFFGENTOR" edit --input data.csv --output_dir two --max_global_workers 1 --filter_rows 0 >out 2>err & run=$!
  $ wait_for_requests 4; echo mine >two/000000.png; wait $run
  [1]
  $ rm two/000000.png
  $ diffgentor edit --input data.csv --output_dir two --quiet | head -1; rows two; sent
  3 done, 0 failed
  done | 000000.png | 1 | 
  done | 000001.png | 1 | 
  done | 000002.png | 1 | 
  6

A picture whose host is out of order for now is loaded later; the answer is not asked for again

  $ host
  $ export OPENAI_API_BASE=$HOST/later
  $ diffgentor edit --input data.csv --output_dir urls --filter_rows 0 --retry_delay 0.01 2>&1 | steady
  warning: row 0 (line 2): picture 1, http://HOST/later.png: HOST: try again later (HTTP 503)
  1 answer kept and not processed; the same command, or `diffgentor reprocess urls`, does that without a request
  0 done, 1 failed, 2 skipped
  1 attempt in TIME, 0.04524 USD
  errors:
         1  http_503
  results: urls/results.csv
  $ : >later.png
  $ diffgentor reprocess urls --quiet | head -1; rows urls | grep done; grep -c POST host.log
  1 done, 0 failed
  done | 000000.png | 1 | 
  1

Where there is nothing

  $ diffgentor reprocess
  error: diffgentor reprocess: DIR is missing: the output folder of a run
  see 'diffgentor reprocess --help'
  [2]
  $ mkdir empty; diffgentor reprocess empty; ls -A empty
  error: empty/ledger.sqlite3: there is no ledger here; name the output folder of a run
