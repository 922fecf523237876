A folder that can only be read: nothing runs there, and all that looks looks.

  $ . "$TESTDIR/setup.sh"
  $ unshare -m true 2>/dev/null || { echo "skipped: no mounting here"; exit 80; }
  $ serve --picture fixed
  $ cp "$DATA/cat.png" .
  $ { echo image_url,instruction; for i in $(seq 0 59); do echo "cat.png,Row $i"; done; } >data.csv
  $ diffgentor edit --input data.csv --output_dir bad --filter_rows 0:30 --quiet | head -1
  30 done, 0 failed, 30 skipped
  $ before=$(sent)
  $ cat >readonly.sh <<'END'
  > mount --bind bad bad && mount -o remount,ro,bind bad bad
  > "$DIFFGENTOR" edit --input data.csv --output_dir bad; echo $?
  > "$DIFFGENTOR" edit --input data.csv --output_dir bad --dry_run | tail -2
  > "$DIFFGENTOR" status bad | head -4
  > "$DIFFGENTOR" results bad 2>&1 | sed 's/csv\.[0-9a-f]*/csv.X/'
  > "$DIFFGENTOR" results bad --output elsewhere.csv
  > "$DIFFGENTOR" reprocess bad; echo $?
  > END
  $ unshare -m sh readonly.sh
  error: bad/.diffgentor: cannot create: Read-only file system; choose another place
  2
  rows: 30 would be sent, 0 would fail, 0 skipped, 30 done already
  estimate: 1.37 USD (the mean of the 30 finished)
  run 1 ended with exit code 0
    done              30
    pending            0
    skipped           30
  error: bad/results.csv.X.part: cannot create: Read-only file system; choose another place
  results: elsewhere.csv
  error: bad/.diffgentor: cannot create: Read-only file system; choose another place
  2
  $ echo $(($(sent) - before))
  0
