Every third request fails, in turn in every way; with retries nearly all rows end well, and the
server has seen exactly the attempts that the rows report.

  $ . "$TESTDIR/../cli/setup.sh"
  $ serve --picture fixed --seed 7 --fault '%3:500' --fault '%5:429/rate_limit_exceeded' \
  >     --fault '%7:reset' --fault '%11:truncate' --fault '%13:close'
  $ cp "$DATA/cat.png" .
  $ { echo image_url,instruction; for i in $(seq 120); do echo "cat.png,Row $i"; done; } >data.csv
  $ diffgentor edit --input data.csv --api_max_retries 20 --retry_delay 0.01 --quiet 2>/dev/null | head -1
  120 done, 0 failed
  $ attempts=$(columns output/results.csv attempts | awk '{ n += $1 } END { print n }')
  $ test "$attempts" = "$(sent)" && echo every attempt is known
  every attempt is known
  $ ls output/*.png | wc -l
  120

Without retries nothing is sent twice

  $ before=$(sent)
  $ diffgentor edit --input data.csv --no_resume --output_dir once --quiet >/dev/null 2>&1
  [1]
  $ echo $(($(sent) - before))
  120
  $ columns once/results.csv status | sort | uniq | tr '\n' ' '
  done failed  (no-eol)

What failed is sent again by the next run, what is done is not

  $ failed=$(columns once/results.csv status | grep -c failed)
  $ before=$(sent)
  $ diffgentor edit --input data.csv --output_dir once --quiet >/dev/null 2>&1
  [1]
  $ test $(($(sent) - before)) = "$failed" && echo only what failed
  only what failed
