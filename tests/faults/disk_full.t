A disk that is full: the run ends in order, what is paid for is kept or told, and the same command goes on
once there is space.

  $ . "$TESTDIR/../cli/setup.sh"
  $ unshare -m true 2>/dev/null || { echo "skipped: no mounting here"; exit 80; }
  $ cp "$DATA/cat.png" .
  $ { echo image_url,instruction; for i in $(seq 60); do echo "cat.png,Row $i"; done; } >data.csv
  $ mkdir disk
  $ cat >full.sh <<'END'
  > . "$TESTDIR/../cli/setup.sh"
  > serve --picture fixed --latency 20
  > run() { "$DIFFGENTOR" edit --input data.csv --output_dir disk/out --max_global_workers 4 >out 2>err; echo "exit $?"; }
  > number() { sql disk/out "$1"; }
  > paid() { number 'SELECT count(*) FROM attempts WHERE billed OR verdict = "ok" OR ended_ms IS NULL'; }
  > whole() {
  >     "$DIFFGENTOR" results disk/out --output all.csv >/dev/null
  >     columns all.csv output_image | grep . | while read -r name; do test -s "disk/out/$name" || echo "$name is missing"; done
  >     test -z "$(find disk/out -name '*.png' ! -size -20319c ! -size 20319c)" && echo every picture is whole
  >     test "$(stats requests)" -le "$(paid)" && echo every request is known
  >     number 'PRAGMA integrity_check'
  > }
  > mount -t tmpfs -o size=700k none disk
  > echo "== while it runs"
  > run
  > whole
  > grep -c -i 'no space left on device\|no space left on the disk\|no space is left' err | sed 's/[1-9]/told/'
  > grep -c 'pending; the same command sends them' err
  > sed -n '1s/[a-z ]*, */ + /g;1s/ [a-z].*//p' out | sed 's/^/echo $((/;s/$/)) rows/' | sh
  > columns all.csv status | grep -v -e done -e pending -e answered
  > ls -A disk/out | grep -v -e png -e ledger.sqlite3 -e results.csv -e '^.diffgentor$'
  > echo "== at the start"
  > dd if=/dev/zero of=disk/filler bs=1k 2>/dev/null
  > before=$(stats requests)
  > run
  > sed 's#out/.*: cannot#out/...: cannot#' err
  > echo $(($(stats requests) - before)) sent
  > echo "== a new folder"
  > "$DIFFGENTOR" edit --input data.csv --output_dir disk/new; echo "exit $?"
  > echo "== with space again"
  > rm disk/filler
  > mount -o remount,size=100m disk
  > run
  > whole
  > head -1 out | sed 's/[0-9][0-9]*/N/g'
  > columns disk/out/results.csv status | sort | uniq -c
  > test "$(stats requests)" = $((60 + $(number 'SELECT sum(billed) FROM attempts'))) && echo only what was lost was sent again
  > ls -A disk/out | grep -v png
  > echo "== pictures that take the room of their answers"
  > umount disk; mount -t tmpfs -o size=2m none disk
  > many() { "$DIFFGENTOR" edit --input data.csv --output_dir disk/many >out 2>err; echo "exit $?"; }
  > serve --picture fixed --latency 100
  > many
  > mount -o remount,size=30m disk
  > many
  > columns disk/many/results.csv status | sort | uniq -c
  > END
  $ unshare -m /bin/sh full.sh
  == while it runs
  exit 3
  every picture is whole
  every request is known
  ok
  told
  1
  60 rows
  == at the start
  exit 2
  error: disk/out/...: cannot write: No space left on device
  0 sent
  == a new folder
  error: disk/new/.diffgentor: cannot write: No space left on device
  exit 2
  == with space again
  exit 0
  every picture is whole
  every request is known
  ok
  N done, N failed, N reused from earlier runs
       60 done
  only what was lost was sent again
  ledger.sqlite3
  results.csv
  == pictures that take the room of their answers
  exit 3
  exit 0
       60 done

The folder is removed, or moved, in the middle of a run: it ends, in order, and says so

  $ serve --picture fixed --latency 100
  $ gone() {
  >     "$DIFFGENTOR" edit --input data.csv --output_dir folder --max_global_workers 4 --quiet >out 2>err & run=$!
  >     wait_for_requests $(($(stats requests) + 8)); "$@"; wait $run; echo "exit $?"
  >     grep -c 'the ledger is not there any more; was the folder removed or moved during the run?' err
  > }
  $ gone sh -c 'mv folder trash; rm -rf trash'
  exit 3
  1
  $ gone mv folder moved; ls folder
  exit 3
  1
  ls: cannot access 'folder': No such file or directory
  [2]
