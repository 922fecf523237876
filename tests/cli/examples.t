Every example does what its first lines say

  $ . "$TESTDIR/setup.sh"
  $ cp -r "$TESTDIR"/../../scripts/examples/* .
  $ script() { name=$1; shift; "$DIFFGENTOR" script $name.lua --backend rehearsal --input data/data.csv --output_dir $name --quiet "$@"; echo "exit $?"; }

The bundled workflow as a script does what edit does

  $ diffgentor edit --print_script | cmp - edit.lua
  $ script edit | head -1
  8 done, 0 failed
  $ diffgentor edit --backend rehearsal --input data/data.csv --output_dir plain --quiet | head -1
  8 done, 0 failed
  $ cut -d, -f1-4 edit/results.csv >a; cut -d, -f1-4 plain/results.csv | cmp - a
  $ chmod +x edit.lua; PATH=$(dirname "$DIFFGENTOR"):$PATH ./edit.lua --backend rehearsal --input data/data.csv --output_dir bang --quiet | head -1
  8 done, 0 failed

  $ script minimal --dry_run | grep -c 'prompt = .*Keep everything else as it is'
  8
  $ script filter_rows -- boat.webp | head -1
  1 done, 0 failed, 7 skipped
  $ script template --style COMIC --dry_run | sed -n 's/^  prompt = //p' | head -2
  Turn the evening into a starry night, keep the birds, in comic style
  Add a red hat to the cat, in comic style
  $ "$DIFFGENTOR" script template.lua --help | grep -A1 '^Script:'
  Script:
     --style VALUE                style of all pictures (default: watercolour)
  $ diffgentor edit --hook hook.lua --backend rehearsal --input data/data.csv --output_dir hook --quiet | head -1
  8 done, 0 failed
  $ columns hook/results.csv size | sort -u
  480x320
  $ script names --n 2 | head -1
  8 done, 0 failed
  $ find names -name '*.png' | sort | head -3
  names/boat/002-change-the-background-to-1.png
  names/boat/002-change-the-background-to-2.png
  names/cat/001-add-a-red-hat-1.png
  $ table params.csv image_url,instruction,quality,size data/cat.png,One,high, data/cat.png,Two,,1024x1536
  $ diffgentor script parameters.lua --backend rehearsal --input params.csv --quality low --dry_run | grep "^  [qs]"
    quality = high
    quality = low
    size = 1024x1536
  $ script two_passes | head -2 | sed 's/ in .*//'
  8 done, 0 failed
  16 attempts

Edit, judge, edit again: each request is an attempt of its row

  $ script judge --filter_rows 0:2 | head -2 | sed 's/ in .*//'
  2 done, 0 failed, 6 skipped
  8 attempts
  $ columns judge/results.csv verdict goes attempts | grep yes
  yes | 2 | 4
  yes | 2 | 4
  $ sql judge 'SELECT model, count(*), sum(total_tokens > 0) FROM attempts GROUP BY model'; sql judge 'SELECT count(*) FROM steps'
  gpt-image-1 | 4 | 4
  rehearsal-chat | 4 | 4
  0
  $ ls -A judge
  000000.png
  000001.png
  ledger.sqlite3
  results.csv

Programs over the modules

  $ serve --picture fixed
  $ diffgentor script variations.lua data/data.csv varied | wc -l
  24
  $ diffgentor script variations.lua data/data.csv varied | wc -l; sent
  0
  24
  $ mkfifo port; /usr/bin/python3 "$TESTDIR/gemini_server.py" >port & server="$server $!"
  $ exec 3<port; read -r line <&3; STAND_IN=http://127.0.0.1:$line
  $ host; table pictures.csv image_url "$HOST/ok1.png" "$HOST/missing.png"
  $ diffgentor script downloads.lua pictures.csv loaded | sed 's#http://[^/]*##;s#.[0-9.:]*: # #' | sort
  /missing.png no such picture (HTTP 404)
  loaded/0.png\t152 (esc)
  $ table some.csv image_url,instruction data/cat.png,One data/none.png,Two
  $ WEBHOOK=$STAND_IN/hook diffgentor edit --hook webhook.lua --input some.csv --output_dir told --quiet 2>/dev/null | head -1
  1 done, 1 failed
  $ read -r line <&3; echo "$line"
  told: {"done": 1, "rows": [1], "text": "1 of the rows failed"}

Another backend is a Lua file

  $ LUA_PATH='backends/?.lua;;' GEMINI_API_KEY=g-key-0123456789 GEMINI_API_BASE=$STAND_IN/v1beta diffgentor edit --backend gemini --model_name gemini-2.5-flash-image --input data/data.csv --output_dir gemini --quiet | head -2 | sed 's/ in .*//'
  8 done, 0 failed
  8 attempts
  $ columns gemini/results.csv output_image model total_tokens | sed -n 1,2p
  000000.jpg | gemini-2.5-flash-image | 1297
  000001.png | gemini-2.5-flash-image | 1297
