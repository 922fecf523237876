Valgrind over runs that meet every kind of answer, picture and refusal.

  $ . "$TESTDIR/../cli/setup.sh"
  $ serve --fault 2:500 --fault 3:reset --fault 4:truncate --fault 5:html --fault 6:bad_base64 \
  >     --fault 7:empty --fault 8:url --fault 9:400/moderation_blocked
  $ cp "$DATA"/* .
  $ { cat data.csv; printf 'none.png,A\ndata.csv,A\n"data:image/gif;base64,R0lGODlhAQABAAAAACw=",A\nshort\n'; } >all.csv
  $ check() { valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
  >     --show-leak-kinds=definite \
  >     "$DIFFGENTOR" "$@"; }
  $ check edit --input all.csv --quiet --log_dir logs >out 2>err; echo $?; grep -c == err
  1
  0
  [1]
  $ check edit --input all.csv --api_max_retries 2 --retry_delay 0.01 --quiet >out 2>err; echo $?; grep -c == err
  1
  0
  [1]
  $ check edit --backend rehearsal --input data.csv --output_dir own --quiet >out 2>err; echo $?; grep -c == err
  0
  0
  [1]
  $ check edit --input all.csv --dry_run >out 2>err; echo $?; grep -c == err
  1
  0
  [1]
  $ check edit --ouput_dir x >out 2>err; echo $?; grep -c == err
  2
  0
  [1]
