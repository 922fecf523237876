What comes out: names, several pictures, columns of results.csv, resuming.

  $ . "$TESTDIR/setup.sh"
  $ serve --picture fixed
  $ cp "$DATA/cat.png" .
  $ table data.csv 'image_url,instruction' 'cat.png,A' 'cat.png,B' 'cat.png,C'

Several pictures a row, and what exactly was sent for them

  $ diffgentor edit --input data.csv --filter_rows 0 --n 2 --size 1024x1024 --quality high --background opaque \
  >     --output_format jpeg --output_compression 80 --user me --param moderation=low --quiet | head -1
  1 done, 0 failed, 2 skipped
  $ columns output/results.csv output_image status
  000000_00.jpg|000000_01.jpg | done
   | skipped
   | skipped
  $ grep -o '"fields":{"model[^}]*}' requests.jsonl
  "fields":{"model":"gpt-image-1","prompt":"A","size":"1024x1024","quality":"high","background":"opaque","output_format":"jpeg","output_compression":"80","n":"2","user":"me","moderation":"low"}

dall-e-2 and -3 are asked for b64_json, others for nothing that was not asked for

  $ diffgentor edit --input data.csv --filter_rows 1 --output_dir d --model_name dall-e-3 --quiet | head -1
  1 done, 0 failed, 2 skipped
  $ tail -1 requests.jsonl | grep -o '"fields":{[^}]*}'
  "fields":{"model":"dall-e-3","prompt":"B","response_format":"b64_json"}

An extension that is true, whatever was asked for

  $ rm -rf output
  $ diffgentor edit --backend rehearsal --rehearsal 'fault=2:webp' --rehearsal 'fault=3:svg' --input data.csv \
  >     --max_global_workers 1 --quiet 2>/dev/null | head -1
  3 done, 0 failed
  $ columns output/results.csv output_image
  000000.png
  000001.webp
  000002.svg

Columns of the input that are called like ours keep their cells

  $ table own.csv 'image_url,instruction,status,error' 'cat.png,A,mine,' 'none.png,B,also mine,x'
  $ diffgentor edit --input own.csv --output_dir own --quiet >/dev/null 2>&1
  [1]
  $ head -1 own/results.csv
  image_url,instruction,status,error,output_image,dg_status,error_code,dg_error,attempts,possibly_billed,latency_ms,request_id,model,input_tokens,output_tokens,total_tokens,cost_usd
  $ columns own/results.csv status error dg_status dg_error
  mine |  | done | 
  also mine | x | failed | none.png: no such file; relative paths start at the input file's folder

Done rows are not sent again, unless their file is not whole or they changed; failed ones are

  $ serve --picture fixed --fault 2:500
  $ : >requests.jsonl
  $ diffgentor edit --input data.csv --output_dir again --max_global_workers 1 --quiet 2>/dev/null | head -1
  2 done, 1 failed
  $ diffgentor edit --input data.csv --output_dir again --quiet | head -1
  1 done, 0 failed, 2 reused from earlier runs
  $ cp -r again before && diffgentor edit --input data.csv --output_dir again --quiet | head -1
  0 done, 0 failed, 3 reused from earlier runs
  $ diff -r --exclude ledger.sqlite3 before again && echo not a byte changed
  not a byte changed
  $ : >again/000000.png
  $ sed -i 's/,C/,D/' data.csv
  $ diffgentor edit --input data.csv --output_dir again --quiet | head -1
  warning: 1 of 3 finished rows have changed or are gone since the earlier run; those still in the input are sent again
  warning: the pictures of 1 finished row are missing or shorter than they were; those rows are sent again
  2 done, 0 failed, 1 reused from earlier runs
  $ diffgentor edit --input data.csv --output_dir again --no_resume --overwrite --quiet | head -1
  3 done, 0 failed
  $ sent
  9

results.csv elsewhere

  $ diffgentor edit --input data.csv --output_dir p --output_csv q/r.csv --quiet | tail -1
  results: q/r.csv
  $ ls p q
  p:
  000000.png
  000001.png
  000002.png
  ledger.sqlite3
  
  q:
  r.csv

Output that cannot be written is told

  $ diffgentor edit --input data.csv --output_dir again --quiet >/dev/full
  error: standard output: cannot write: No space left on device; free some space there
  [1]
  $ diffgentor --version >/dev/full
  error: standard output: cannot write: No space left on device; free some space there
  [2]
  $ diffgentor edit --input data.csv --output_dir data.csv/x
  error: data.csv: is a file where a folder is needed; rename or remove it
  [2]
