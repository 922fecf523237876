Every wrong command line is told what is wrong, and sends nothing.

  $ . "$TESTDIR/setup.sh"
  $ export OPENAI_API_KEY=sk-test-0123456789abcdef OPENAI_API_BASE=http://127.0.0.1:1/v1
  $ cp "$DATA/cat.png" .
  $ table data.csv 'image_url,instruction' 'cat.png,Add a hat'
  $ edit() { diffgentor edit --input data.csv "$@"; }

Commands

  $ diffgentor
  error: no command given
  
  Usage: diffgentor COMMAND [options]
  
  Very many image edits through OpenAI-compatible APIs.
  
  Options:
     -h, --help                   show this help
     --version                    show the version
  
  Commands:
     edit                         edit many images through an OpenAI-compatible API
     script                       run a Lua script: a workflow as edit does, or any program
     check                        show the endpoints, and ask each of them whether it would serve
     status                       show how far the run in an output folder is
     results                      write the results of an output folder
     reprocess                    process answers again that were paid for and kept, without a
                                  request
     serve                        be a rehearsal server: an offline stand-in for such an API
  
  Examples:
     diffgentor edit --backend rehearsal --input data.csv
     OPENAI_API_KEY=... diffgentor edit --input data.csv --output_dir ./output
  
  'diffgentor COMMAND --help' tells a command's options.
  [2]
  $ diffgentor edti
  error: unknown command 'edti'; did you mean 'edit'?
  see 'diffgentor --help'
  [2]
  $ diffgentor edit
  error: --input is required: the CSV or JSON Lines file with one edit a row (- reads standard input)
  see 'diffgentor edit --help'
  [2]

Names

  $ edit --ouput_dir out
  error: unknown option '--ouput_dir'; did you mean '--output_dir'?
  see 'diffgentor edit --help'
  [2]
  $ edit --model gpt-image-1
  error: unknown option '--model'; did you mean '--model_name'?
  see 'diffgentor edit --help'
  [2]
  $ edit --zzz
  error: unknown option '--zzz'
  see 'diffgentor edit --help'
  [2]
  $ edit --input
  error: option '--input' requires an argument
  see 'diffgentor edit --help'
  [2]
  $ edit stray
  error: unexpected argument 'stray'; the input is given by --input
  see 'diffgentor edit --help'
  [2]

Values

  $ edit --timeout 0
  error: --timeout: '0' is not a number above 0 (at most 604800)
  see 'diffgentor edit --help'
  [2]
  $ edit --timeout soon
  error: --timeout: 'soon' is not a number above 0 (at most 604800)
  see 'diffgentor edit --help'
  [2]
  $ edit --api_max_retries -1
  error: --api_max_retries: '-1' is not a whole number from 0 to 100
  see 'diffgentor edit --help'
  [2]
  $ edit --api_max_retries 1.5
  error: --api_max_retries: '1.5' is not a whole number from 0 to 100
  see 'diffgentor edit --help'
  [2]
  $ edit --retry_delay -1
  error: --retry_delay: '-1' is not a number from 0 to 86400
  see 'diffgentor edit --help'
  [2]
  $ edit --max_global_workers 0
  error: --max_global_workers: '0' is not a whole number from 1 to 10000 or 'auto'
  see 'diffgentor edit --help'
  [2]
  $ edit --num_processes many
  error: --num_processes: 'many' is not a whole number from 1 to 1000
  see 'diffgentor edit --help'
  [2]
  $ edit --max_image_bytes 0
  error: --max_image_bytes: '0' is not a whole number from 1 to 1073741824
  see 'diffgentor edit --help'
  [2]
  $ edit --param size
  error: --param: 'size' is not NAME=VALUE
  see 'diffgentor edit --help'
  [2]
  $ edit --param =1
  error: --param: '=1' is not NAME=VALUE
  see 'diffgentor edit --help'
  [2]
  $ edit --image_field picture
  error: --image_field: 'picture' is not auto, image or image[]
  see 'diffgentor edit --help'
  [2]
  $ edit --backend dalle
  error: --backend: 'dalle' is not openai or rehearsal, and there is no Lua module diffgentor.backends.dalle on LUA_PATH
  see 'diffgentor edit --help'
  [2]
  $ edit --filter_rows 5:x
  error: --filter_rows: '5:x' is not a range of row positions; parts are N, A:B, A: and :B, joined by commas, counted from 0
  see 'diffgentor edit --help'
  [2]
  $ edit --filter_rows -3
  error: --filter_rows: '-3' is negative; parts are N, A:B, A: and :B, joined by commas, counted from 0
  see 'diffgentor edit --help'
  [2]
  $ edit --filter_rows 1,,2
  error: --filter_rows: part 2 of '1,,2' is empty; parts are N, A:B, A: and :B, joined by commas, counted from 0
  see 'diffgentor edit --help'
  [2]
  $ edit --rehearsal latency=200
  error: --rehearsal is for --backend rehearsal only
  see 'diffgentor edit --help'
  [2]
  $ edit --backend rehearsal --rehearsal speed=1
  error: --rehearsal: unknown option 'speed'; did you mean 'seed'?
  see 'diffgentor edit --help'
  [2]
  $ edit --backend rehearsal --rehearsal latency=fast
  error: the rehearsal server: --latency "fast": expected milliseconds as 200, 100-300, normal:200,50 (mean, deviation) or exp:200 (mean), none above 3600000
  [2]
  $ diffgentor serve --port 99999
  error: --port "99999": expected a number from 0 (any free port) to 65535
  [2]
  $ diffgentor serve --fault 3:explode
  error: --fault "3:explode": unknown action; allowed are an HTTP status (429, 400/moderation_blocked), reset, reset_mid, close, truncate, cut_json, slow, garbage, html, empty, bad_base64, not_image, error200, detail, plain, url, hang, fewer, jpeg, webp, gif or svg
  [2]
  $ diffgentor serve --latency 300-100
  error: --latency "300-100": expected milliseconds as 200, 100-300, normal:200,50 (mean, deviation) or exp:200 (mean), none above 3600000
  [2]
  $ diffgentor serve --picture cat
  error: --picture "cat": expected derived or fixed
  [2]

Nothing was made

  $ ls
  cat.png
  data.csv
