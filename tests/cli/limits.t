What ends a run before its rows do: each stop is in order, exit code 3, the rest is pending.

  $ . "$TESTDIR/setup.sh"
  $ serve --picture fixed --latency 20
  $ cp "$DATA/cat.png" .
  $ { echo image_url,instruction; for i in $(seq 0 29); do echo "cat.png,Row $i"; done; } >data.csv
  $ states() { columns "$1/results.csv" status | sort | uniq -c; }

A budget: nothing is begun that could pass it, however many places are free

  $ diffgentor edit --input data.csv --max_cost 0.2 >out 2>&1
  [3]
  $ steady <out
  error: --max_cost: the limit of $0.2 leaves no room for a further row, which may cost $0.04552: $0.1821 is spent
  26 rows pending; the same command with a higher --max_cost sends them
  4 done, 0 failed, 26 pending
  4 attempts in TIME, 0.1821 USD
  results: ./output/results.csv
  $ sent; states output
  4
        4 done
       26 pending

It counts what earlier runs have spent

  $ diffgentor edit --input data.csv --max_cost 0.2 --quiet 2>&1 | steady; sent
  error: --max_cost: the limit of $0.2 leaves no room for a further row, which may cost $0.04552: $0.1821 is spent
  0 done, 0 failed, 4 reused from earlier runs, 26 pending
  0 attempts in TIME
  results: ./output/results.csv
  4
  $ diffgentor edit --input data.csv --max_cost 0.3 --quiet 2>/dev/null | head -1; sent
  2 done, 0 failed, 4 reused from earlier runs, 24 pending
  6

And what may have been billed without an answer

  $ kill $server; serve --picture fixed --fault 2:close
  $ diffgentor edit --input data.csv --output_dir billed --max_cost 0.2 --quiet 2>&1 | grep -v ^warning | steady; sent
  error: --max_cost: the limit of $0.2 leaves no room for a further row, which may cost $0.04552: $0.1365 is spent, 1 attempt may have been billed, counted as $0.04552 each
  3 done, 1 failed, 26 pending
  4 attempts in TIME, 0.1365 USD
  errors:
         1  reset
  results: billed/results.csv
  10

A model without a price cannot be limited: nothing is sent

  $ diffgentor edit --input data.csv --output_dir no --max_cost 1 --model_name gpt-image-99
  error: --max_cost: the price of 'gpt-image-99' is not known; name it in a file for --prices
  [2]

Prices of one's own

  $ echo 'return { ["gpt-image-1"] = { text_in = 1000, image_in = 1000, image_out = 1000 } }' >prices.lua
  $ diffgentor edit --input data.csv --output_dir own --max_cost 2 --prices prices.lua --quiet 2>&1 | steady
  error: --max_cost: the limit of $2 leaves no room for a further row, which may cost $1.39: $1.39 is spent
  1 done, 0 failed, 29 pending
  1 attempt in TIME, 1.39 USD
  results: own/results.csv
  $ bad() { echo "$1" >bad.lua; diffgentor edit --input data.csv --output_dir no --prices bad.lua; }
  $ bad 'return { ["gpt-image-1"] = { text_in = 5, imag_in = 8, image_out = 30 } }'
  error: bad.lua: 'gpt-image-1': unknown field 'imag_in'; did you mean 'image_in'?
  [2]
  $ bad 'return { ["gpt-image-1"] = { text_in = 5 } }'
  error: bad.lua: 'gpt-image-1': image_out is missing
  [2]
  $ bad 'return { ["gpt-image-1"] = { image_out = -1 } }'
  error: bad.lua: 'gpt-image-1': image_out: is no finite number from 0 on
  [2]
  $ bad 'return {'
  error: bad.lua:2: unexpected symbol near <eof>
  [2]
  $ bad 'return os.getenv("OPENAI_API_KEY")'
  error: bad.lua:1: attempt to index a nil value (global 'os')
  [2]
  $ bad 'return 7'
  error: bad.lua: does not return a table of models
  [2]
  $ diffgentor edit --input data.csv --output_dir no --prices none.lua
  error: cannot read the prices: none.lua: cannot open: No such file or directory
  [2]
  $ test -e no || sent
  11

A dry run ends with an estimate where prices are known, the better the more is known

  $ dry() { diffgentor edit --input data.csv --dry_run "$@" | tail -2 | sed 's/^  ->.*//'; }
  $ dry --output_dir no --filter_rows 0:10
  rows: 10 would be sent, 0 would fail, 20 skipped, 0 done already
  estimate: 0.11 to 1.67 USD (the price list of pictures of any listed size and any quality; input tokens come on top)
  $ dry --output_dir no --filter_rows 0:10 --size 1024x1024 --quality high
  rows: 10 would be sent, 0 would fail, 20 skipped, 0 done already
  estimate: 1.67 USD (the price list of pictures of 1024x1024 size and high quality; input tokens come on top)
  $ dry
  rows: 24 would be sent, 0 would fail, 0 skipped, 6 done already
  estimate: 1.09 USD (the mean of the 6 finished)
  $ dry --output_dir no --model_name gpt-image-99 | grep -c estimate
  0
  [1]

So many failed rows

  $ kill ${server##* }; serve --fault '*:400/moderation_blocked'
  $ diffgentor edit --input data.csv --output_dir errors --max_errors 3 --max_global_workers 1 >out 2>err
  [3]
  $ grep -v ^warning err
  error: --max_errors 3: as many rows have failed
  27 rows pending; the same command sends them
  $ states errors
        3 failed
       27 pending

The first rows all fail alike, for good: so would the others

  $ diffgentor edit --input data.csv --output_dir same --max_same_errors 4 --max_global_workers 1 >out 2>err
  [3]
  $ grep -v ^warning err | steady
  error: the first 4 rows all failed with moderation_blocked, and the others would too; the last one: http://HOST/v1: Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com. safety_violations=[violence]. (HTTP 400, request req_ID)
  26 rows pending; the same command sends them
  $ states same
        4 failed
       26 pending
  $ diffgentor edit --input data.csv --output_dir twenty --max_global_workers 1 >out 2>err
  [3]
  $ states twenty
       20 failed
       10 pending
  $ diffgentor edit --input data.csv --output_dir never --max_same_errors 0 --quiet >out 2>err
  [1]
  $ states never
       30 failed

Errors that pass do not count, nor do later ones, nor others

  $ kill ${server##* }; serve --fault '*:500'
  $ diffgentor edit --input data.csv --output_dir passing --max_same_errors 4 --max_global_workers 1 --quiet >out 2>err
  [1]
  $ states passing
       30 failed
  $ kill ${server##* }; serve --picture fixed --fault '2-30:400/moderation_blocked'
  $ diffgentor edit --input data.csv --output_dir later --max_same_errors 4 --max_global_workers 1 --quiet >out 2>err
  [1]
  $ states later
        1 done
       29 failed

Time

  $ kill ${server##* }; serve --picture fixed --latency 200
  $ diffgentor edit --input data.csv --output_dir time --max_runtime 0.5 --max_global_workers 2 >out 2>err
  [3]
  $ sed 's/[0-9]* rows/N rows/' err
  error: --max_runtime 0.5: the time is over
  N rows pending; the same command sends them
  $ test "$(columns time/results.csv status | grep -c done)" = "$(stats requests)" && echo what was in flight has finished
  what was in flight has finished
