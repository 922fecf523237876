The same command again: what is done is not sent again, what is, and what is told of it.

  $ . "$TESTDIR/setup.sh"
  $ serve --picture fixed --fault 3:500
  $ cp "$DATA/cat.png" .
  $ rows() { echo image_url,instruction,note; for i in $(seq 0 $(($1 - 1))); do echo "cat.png,Row $i,x"; done; }
  $ rows 30 >data.csv
  $ edit() { diffgentor edit --max_global_workers 1 "$@" 2>&1 | grep -v -e attempt -e results: -e '^warning: row'; }
  $ edit --input data.csv
  29 done, 1 failed
  errors:
         1  server_error
  $ sent
  30

A failed row is sent again, unless it is to be left; a finished run sends nothing and changes no byte

  $ sums output >before
  $ edit --input data.csv --no_retry_failed
  0 done, 1 failed, 29 reused from earlier runs
  $ diffgentor edit --input data.csv --no_retry_failed >out; echo $?; sent; sums output | diff before -
  1
  30
  $ edit --input data.csv
  1 done, 0 failed, 29 reused from earlier runs
  $ sent; sums output >before; diffgentor edit --input data.csv | steady; sent; sums output | diff before -
  31
  0 done, 0 failed, 30 reused from earlier runs
  0 attempts in TIME
  results: ./output/results.csv
  31

A changed instruction is sent again, with a line; another column of the row is not

  $ sed -i 's/Row 7,x/Row seven,x/' data.csv
  $ edit --input data.csv
  warning: 1 of 30 finished rows have changed or are gone since the earlier run; those still in the input are sent again
  1 done, 0 failed, 29 reused from earlier runs
  $ sent; field prompt | tail -1
  32
  Row seven
  $ sed -i 's/Row 8,x/Row 8,y/' data.csv
  $ edit --input data.csv
  0 done, 0 failed, 30 reused from earlier runs
  $ columns output/results.csv instruction note status | sed -n 8,9p
  Row seven | x | done
  Row 8 | y | done
  $ sent
  32

Other settings alone repeat nothing, and are told

  $ edit --input data.csv --quality high --model_name gpt-image-1.5 --param moderation=low
  other settings than in the earlier run: model_name gpt-image-1.5 (was gpt-image-1), moderation low (was not set), quality high (was not set); finished rows are not sent again (--no_resume --overwrite does that)
  0 done, 0 failed, 30 reused from earlier runs
  $ sent
  32

Another file with the same rows is welcome; with a changed one it is another job, and nothing is sent

  $ cp data.csv same.csv && sed 's/Row 9,/Row nine,/' data.csv >other.csv
  $ diffgentor edit --input other.csv 2>&1 | sed "s#$PWD#DIR#"
  error: 1 of 30 finished rows of ./output are changed, gone or elsewhere in other.csv (they were made from DIR/data.csv); nothing was sent: name another --output_dir, or --redo_changed to go on and send the changed ones again
  $ diffgentor edit --input other.csv >out 2>&1
  [2]
  $ cat out | grep -v ^error
  [1]
  $ diffgentor edit --input other.csv --dry_run 2>&1 | sed "s#$PWD#DIR#"
  error: 1 of 30 finished rows of ./output are changed, gone or elsewhere in other.csv (they were made from DIR/data.csv); nothing was sent: name another --output_dir, or --redo_changed to go on and send the changed ones again
  $ sums output >before
  $ edit --input same.csv
  0 done, 0 failed, 30 reused from earlier runs
  $ edit --input data.csv
  0 done, 0 failed, 30 reused from earlier runs
  $ sent; sums output | diff before -
  32

More than ten changed rows that are over a tenth, as by a row put in on top, are refused as well

  $ { sed -n 1p data.csv; echo cat.png,On top,x; sed 1d data.csv; } >shifted.csv && cp data.csv good.csv && cp shifted.csv data.csv
  $ edit --input data.csv
  error: 30 of 30 finished rows of ./output are changed, gone or elsewhere in data.csv; nothing was sent: name another --output_dir, or --redo_changed to go on and send the changed ones again
  $ sed 's/Row 1\([0-9]\)/Row 1\1 changed/' good.csv >data.csv
  $ edit --input data.csv
  warning: 10 of 30 finished rows have changed or are gone since the earlier run; those still in the input are sent again
  10 done, 0 failed, 20 reused from earlier runs
  $ sent
  42
  $ cp good.csv data.csv && sed -i 's/Row 20/Row twenty/' data.csv
  $ edit --input data.csv
  error: 11 of 30 finished rows of ./output are changed, gone or elsewhere in data.csv; nothing was sent: name another --output_dir, or --redo_changed to go on and send the changed ones again
  $ sent
  42
  $ edit --input data.csv --redo_changed
  warning: 11 of 30 finished rows have changed or are gone since the earlier run; those still in the input are sent again
  11 done, 0 failed, 19 reused from earlier runs
  $ sent
  53

Starting afresh must be said twice, and may be said for some rows alone

  $ edit --input data.csv --no_resume
  error: --no_resume: 30 rows are done already in ./output; --overwrite makes them anew and replaces their pictures, with --filter_rows those rows alone
  $ diffgentor edit --input data.csv --no_resume >out 2>&1
  [2]
  $ edit --input data.csv --overwrite
  error: --overwrite goes with --no_resume: say both to make done rows anew
  see 'diffgentor edit --help'
  $ sent
  53
  $ edit --input data.csv --no_resume --overwrite --filter_rows 0:2
  2 done, 0 failed, 28 skipped
  $ columns output/results.csv status attempts | sort | uniq -c
       15 done | 1
        5 done | 2
       10 done | 3
  $ edit --input data.csv --no_resume --overwrite
  30 done, 0 failed
  $ sent
  85

A picture that is missing, or shorter than it was, is made again; a longer one is the user's

  $ rm output/000003.png && head -c 100 output/000004.png >x && mv x output/000004.png && echo >>output/000005.png
  $ edit --input data.csv
  warning: the pictures of 2 finished rows are missing or shorter than they were; those rows are sent again
  2 done, 0 failed, 28 reused from earlier runs
  $ sent; cmp output/000003.png output/000004.png; wc -c <output/000005.png
  87
  20320

Skipped rows are judged anew, done rows outside the filter stay done

  $ rows 6 >few.csv
  $ edit --input few.csv --output_dir few --filter_rows 0:2
  2 done, 0 failed, 4 skipped
  $ edit --input few.csv --output_dir few --filter_rows 1:4
  2 done, 0 failed, 3 skipped, 1 reused from earlier runs
  $ columns few/results.csv status | tr '\n' ' '
  done done done done skipped skipped  (no-eol)
  $ edit --input few.csv --output_dir few
  2 done, 0 failed, 4 reused from earlier runs

A shorter input has fewer results and keeps its pictures; a longer one has its new rows sent

  $ before=$(sent) && rows 4 >few.csv
  $ edit --input few.csv --output_dir few
  warning: 2 of 6 finished rows have changed or are gone since the earlier run; those still in the input are sent again
  0 done, 0 failed, 4 reused from earlier runs
  $ columns few/results.csv instruction; ls few | grep -c png
  Row 0
  Row 1
  Row 2
  Row 3
  6
  $ rows 8 >few.csv
  $ edit --input few.csv --output_dir few
  2 done, 0 failed, 6 reused from earlier runs
  $ echo $(($(sent) - before))
  2

A pipe is compared like a file

  $ before=$(sent)
  $ rows 12 | edit --input - --output_dir piped
  12 done, 0 failed
  $ rows 12 | edit --input - --output_dir piped
  0 done, 0 failed, 12 reused from earlier runs
  $ rows 12 | sed 's/Row 3/Row three/' | edit --input - --output_dir piped
  warning: 1 of 12 finished rows have changed or are gone since the earlier run; those still in the input are sent again
  1 done, 0 failed, 11 reused from earlier runs
  $ rows 12 | sed 's/Row/Other/' | edit --input - --output_dir piped
  error: 12 of 12 finished rows of piped are changed, gone or elsewhere in -; nothing was sent: name another --output_dir, or --redo_changed to go on and send the changed ones again
  $ echo $(($(sent) - before)); ls -A piped | grep -v png
  13
  ledger.sqlite3
  results.csv
