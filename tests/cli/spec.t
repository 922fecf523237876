The documented examples, each against the rehearsal server.

  $ . "$TESTDIR/setup.sh"
  $ serve --picture fixed
  $ cp "$DATA/cat.png" "$DATA/fruit.jpg" "$DATA/boat.webp" .
  $ cp cat.png img1.jpg && cp fruit.jpg img2.jpg && cp boat.webp img3.jpg
  $ cp cat.png a.png && cp cat.png b.png && mkdir -p local/path && cp cat.png local/path/image.png
  $ table data.csv 'image_url,instruction' 'cat.png,"Add a red hat to the person"' \
  >     'local/path/image.png,"Change the background to a beach"'
  $ export OPENAI_API_KEY=your_api_key_here
  $ reset() { rm -rf output; : >requests.jsonl; }

Basic usage

  $ diffgentor edit --backend openai \
  >     --model_name gpt-image-1 \
  >     --input data.csv \
  >     --output_dir ./output 2>&1 | steady
  2 done, 0 failed
  2 attempts in TIME, 0.09109 USD
  results: ./output/results.csv
  $ columns output/results.csv image_url instruction output_image status attempts model
  cat.png | Add a red hat to the person | 000000.png | done | 1 | gpt-image-1
  local/path/image.png | Change the background to a beach | 000001.png | done | 1 | gpt-image-1
  $ field model; field prompt
  gpt-image-1
  gpt-image-1
  Add a red hat to the person
  Change the background to a beach

Using CLI arguments

  $ reset
  $ diffgentor edit --backend openai \
  >     --timeout 120 \
  >     --api_max_retries 3 \
  >     --max_global_workers 32 \
  >     --num_processes 8 \
  >     --input data.csv 2>&1 | steady
  2 done, 0 failed
  2 attempts in TIME, 0.09109 USD
  results: ./output/results.csv

Multiple API keys

  $ reset
  $ (unset OPENAI_API_KEY
  > DG_OPENAI_API_KEYS=key1,key2,key3 \
  > DG_OPENAI_RATE_LIMIT=60 \
  > diffgentor edit --backend openai \
  >     --model_name gpt-image-1 \
  >     --input data.csv) 2>&1 | steady
  2 done, 0 failed
  2 attempts in TIME, 0.09109 USD
  results: ./output/results.csv
  $ field key | sort -u | wc -l
  2

Multiple endpoints (two of them, each paired with its key)

  $ reset
  $ URL1=$URL && requests=requests.jsonl
  $ (unset OPENAI_API_KEY OPENAI_API_BASE
  > DG_OPENAI_ENDPOINTS=$URL1,$URL1/ \
  > DG_OPENAI_API_KEYS=key1,key2 \
  > DG_OPENAI_RATE_LIMITS=30,60 \
  > DG_OPENAI_WEIGHTS=1,2 \
  > diffgentor edit --backend openai \
  >     --input data.csv) 2>&1 | steady
  2 done, 0 failed
  2 attempts in TIME, 0.09109 USD
  results: ./output/results.csv

With timeout and retry

  $ reset
  $ DG_OPENAI_TIMEOUT=120 \
  > DG_OPENAI_MAX_RETRIES=3 \
  > DG_OPENAI_RETRY_DELAY=2.0 \
  > diffgentor edit --backend openai \
  >     --input data.csv 2>&1 | steady
  2 done, 0 failed
  2 attempts in TIME, 0.09109 USD
  results: ./output/results.csv

High concurrency

  $ reset
  $ DG_OPENAI_API_KEYS=key1,key2,key3,key4 \
  > DG_OPENAI_MAX_WORKERS=8 \
  > diffgentor edit --backend openai \
  >     --input data.csv 2>&1 | steady
  2 done, 0 failed
  2 attempts in TIME, 0.09109 USD
  results: ./output/results.csv

Specific rows

  $ reset
  $ { echo image_url,instruction; for i in $(seq 0 59); do echo "cat.png,Row $i"; done; } >sixty.csv
  $ diffgentor edit --backend openai \
  >     --model_name gpt-image-1 \
  >     --input sixty.csv \
  >     --filter_rows 0:50 2>&1 | steady
  50 done, 0 failed, 10 skipped
  50 attempts in TIME, 2.28 USD
  results: ./output/results.csv
  $ sent
  50
  $ columns output/results.csv status | sort | uniq -c
       50 done
       10 skipped

Multi-image editing, both separators

  $ reset
  $ table multi_image_data.csv 'image_url,instruction' \
  >     '"img1.jpg,img2.jpg,img3.jpg","Combine these items into a gift basket"' \
  >     "\"$PWD/a.png|$PWD/b.png\",\"Merge these two product photos\""
  $ diffgentor edit --backend openai \
  >     --model_name gpt-image-1.5 \
  >     --input multi_image_data.csv 2>&1 | steady
  2 done, 0 failed
  2 attempts in TIME, 0.08066 USD
  results: ./output/results.csv
  $ grep -o '"name":"image[^}]*' requests.jsonl | sed 's/,"size.*//' | sort
  "name":"image[]","filename":"a.png","type":"image/png"
  "name":"image[]","filename":"b.png","type":"image/png"
  "name":"image[]","filename":"img1.png","type":"image/png"
  "name":"image[]","filename":"img2.jpg","type":"image/jpeg"
  "name":"image[]","filename":"img3.webp","type":"image/webp"

Rate limit

  $ reset
  $ DG_OPENAI_RATE_LIMIT=60 diffgentor edit --backend openai \
  >     --input data.csv 2>&1 | steady
  2 done, 0 failed
  2 attempts in TIME, 0.09109 USD
  results: ./output/results.csv
