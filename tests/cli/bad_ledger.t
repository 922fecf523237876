A ledger that cannot be used: a clear error, exit code 2, nothing sent, nothing changed.

  $ . "$TESTDIR/setup.sh"
  $ serve --picture fixed
  $ cp "$DATA/cat.png" .
  $ { echo image_url,instruction; for i in $(seq 0 59); do echo "cat.png,Row $i"; done; } >data.csv
  $ diffgentor edit --input data.csv --output_dir good --filter_rows 0:30 --quiet | head -1
  30 done, 0 failed, 30 skipped
  $ spoil() { rm -rf bad && cp -r good bad && /usr/bin/python3 -c "
  > import sqlite3
  > ledger = open('bad/ledger.sqlite3', 'r+b')
  > $1"; }
  $ every() {
  >     md5sum bad/ledger.sqlite3 >before 2>/dev/null
  >     diffgentor edit --input data.csv --output_dir bad || echo "[$?]"
  >     diffgentor edit --input data.csv --output_dir bad --dry_run >dry 2>&1 || grep -v '^row' dry
  >     for command in status results reprocess; do diffgentor $command bad || echo "[$?]"; done
  >     md5sum bad/ledger.sqlite3 2>/dev/null | diff before -
  > }
  $ one() { every 2>&1 | grep -v '^\[' | sort | uniq -c | sed 's/^ *//'; sent; }

Of a newer version

  $ spoil 'sqlite3.connect("bad/ledger.sqlite3").execute("PRAGMA user_version = 99").connection.commit()' && one
  5 error: bad/ledger.sqlite3: the ledger is of version 99, this program knows version 1; use the program that wrote it
  30

Something else of that name

  $ spoil 'ledger.truncate(0); ledger.write(b"These are my notes, and no database at all.")' && one
  5 error: bad/ledger.sqlite3: the ledger is damaged (file is not a database); put a copy of it in its place, or try `sqlite3 ledger.sqlite3 .recover`; without it every row would be sent again
  30
  $ spoil 'ledger.close(); import os; os.remove("bad/ledger.sqlite3"); sqlite3.connect("bad/ledger.sqlite3").execute("CREATE TABLE mine (a)")' && one
  5 error: bad/ledger.sqlite3: is no ledger of this program; move it away, or name another output folder
  30
  $ rm -r bad && cp -r good bad && rm bad/ledger.sqlite3 && mkdir bad/ledger.sqlite3 && one
  5 error: bad/ledger.sqlite3: unable to open database file: Is a directory
  30
  $ rm -r bad && cp -r good bad && mv bad/ledger.sqlite3 . && ln -s ../ledger.sqlite3 bad/ledger.sqlite3
  $ diffgentor edit --input data.csv --output_dir bad
  error: bad/ledger.sqlite3: is a symbolic link; put the ledger itself there, or name the folder where it is
  [2]

Damaged: cut short, or overwritten in the middle

  $ spoil 'ledger.truncate(17000)' && one
  5 error: bad/ledger.sqlite3: the ledger is damaged (database disk image is malformed); put a copy of it in its place, or try `sqlite3 ledger.sqlite3 .recover`; without it every row would be sent again
  30
  $ spoil 'ledger.seek(4096); ledger.write(8 * 4096 * b"\xa5")' && one
  5 error: bad/ledger.sqlite3: the ledger is damaged (database disk image is malformed); put a copy of it in its place, or try `sqlite3 ledger.sqlite3 .recover`; without it every row would be sent again
  30

Wherever the damage is: the run ends, soon, without a row sent twice, and never with a trace of our own

  $ pages=$(($(wc -c <good/ledger.sqlite3) / 4096))
  $ for page in $(seq 1 2 $((pages - 1))); do
  >     spoil "ledger.seek($page * 4096); ledger.write(4096 * b'\xa5')"
  >     before=$(sent)
  >     timeout 20 "$DIFFGENTOR" edit --input data.csv --output_dir bad --quiet >out 2>err; code=$?
  >     more=$(($(sent) - before))
  >     grep -q -e 'traceback' -e '\.lua:' err && echo "page $page:" && cat err
  >     test $more -le 30 || echo "page $page: $more sent"
  >     case $code in 2) test $more = 0 || echo "page $page: sent before";; 3) ;; 0) test $more = 30;; *) echo $page: $code;; esac
  > done

Two runs on one folder: the second says who holds it, and stops

  $ serve --fault '*:hang'
  $ "$DIFFGENTOR" edit --input data.csv --output_dir held --quiet >out 2>err & run=$!
  $ wait_for_requests 16
  $ diffgentor edit --input data.csv --output_dir held 2>&1 | sed "s/$run/PID/"
  error: held/.diffgentor/lock: held by process PID; one run at a time
  $ diffgentor reprocess held 2>&1 | sed "s/$run/PID/"
  error: held/.diffgentor/lock: held by process PID; one run at a time
  $ diffgentor status held | head -1; diffgentor results held; stats requests
  run 1 is going on
  results: held/results.csv
  16
  $ kill -KILL $run; wait $run 2>/dev/null
  [137]
