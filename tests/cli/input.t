What is read: CSV as people write it, JSON Lines, standard input; which rows; which images.

  $ . "$TESTDIR/setup.sh"
  $ serve --picture fixed
  $ cp "$DATA/cat.png" "$DATA/fruit.jpg" .
  $ edit() { rm -rf output; : >requests.jsonl; diffgentor edit "$@" --quiet 2>&1 | head -1; }

Spreadsheets' CSV: a byte order mark, CRLF, quoted line ends, spaces, quotes

  $ printf '\357\273\277image_url,instruction\r\ncat.png," two\r\nlines, a ""quote"" "\r\n\r\ncat.png,b\r\n' >a.csv
  $ edit --input a.csv
  2 done, 0 failed
  $ field prompt
   two\r\nlines
  b

The image column may be called image or input_images; others stay as they are

  $ table b.csv 'n,image,instruction' '1,cat.png,A' && edit --input b.csv
  1 done, 0 failed
  $ table c.csv 'n,input_images,instruction' '1,cat.png,A' && edit --input c.csv
  1 done, 0 failed
  $ table d.csv 'image_url,prompt' 'cat.png,P' && edit --input d.csv --instruction_key prompt
  1 done, 0 failed

JSON Lines: digits stay as they are, arrays are several images

  $ printf '%s\n' '{"index":12345678901234567,"image_url":["cat.png","fruit.jpg"],"instruction":"A\u00e9"}' \
  >     '' '{"instruction":"B","image_url":"cat.png","seed":0.10}' >e.jsonl
  $ edit --input e.jsonl
  2 done, 0 failed
  $ cat output/results.csv | cut -d, -f 1-6
  index,image_url,instruction,seed,output_image,status
  12345678901234567,"[""cat.png"",""fruit.jpg""]",A\xc3\xa9,,12345678901234567.png (esc)
  ,cat.png,B,0.10,000001.png,done
  $ ls output
  000001.png
  12345678901234567.png
  ledger.sqlite3
  results.csv

Standard input

  $ printf 'image_url,instruction\ncat.png,A\ncat.png,B\n' | edit --input -
  2 done, 0 failed
  $ columns output/results.csv instruction output_image status
  A | 000000.png | done
  B | 000001.png | done
  $ printf 'image_url,instruction\ncat.png,A\ncat.png,"B"x\ncat.png,C\n' | diffgentor edit --input - --output_dir late --quiet 2>&1 | steady
  error: standard input:3:12: text behind the closing quote of the cell opened at line 3, column 9; a quote inside a cell is written twice; the rows before are done with
  1 done, 0 failed
  1 attempt in TIME, 0.04551 USD
  results: late/results.csv
  $ columns late/results.csv instruction status
  A | done

A header alone is nothing to do

  $ table f.csv 'image_url,instruction' && diffgentor edit --input f.csv --output_dir none --quiet | steady
  0 done, 0 failed
  0 attempts in TIME
  results: none/results.csv
  $ cat none/results.csv
  image_url,instruction,output_image,status,error_code,error,attempts,possibly_billed,latency_ms,request_id,model,input_tokens,output_tokens,total_tokens,cost_usd

Rows by position from 0, whatever their index says

  $ table g.csv 'index,image_url,instruction' '30,cat.png,A' '20,cat.png,B' '10,cat.png,C' '5,cat.png,D'
  $ edit --input g.csv --filter_rows 1:2,3
  2 done, 0 failed, 2 skipped
  $ columns output/results.csv index output_image status
  30 |  | skipped
  20 | 000020.png | done
  10 |  | skipped
  5 | 000005.png | done
  $ for rows in :1 2: 7:9 3:1 0,0,0; do edit --input g.csv --filter_rows $rows; sent; done
  1 done, 0 failed, 3 skipped
  1
  2 done, 0 failed, 2 skipped
  2
  0 done, 0 failed, 4 skipped
  0
  0 done, 0 failed, 4 skipped
  0
  1 done, 0 failed, 3 skipped
  1

Rows that fail alone: too short, too long, an index that is no number

  $ table h.csv 'index,image_url,instruction' '1,cat.png' '2,cat.png,B,extra' 'x,cat.png,C' '4,cat.png,D'
  $ edit --input h.csv
  warning: row 0 (line 2): h.csv:2: the row has 2 cells, the header 3: is a comma missing?
  $ columns output/results.csv status error
  failed | h.csv:2: the row has 2 cells, the header 3: is a comma missing?
  failed | h.csv:3: the row has 4 cells, the header 3: a cell with a comma in it must stand in double quotes
  failed | h.csv:4: index "x" is not a whole number
  done | 

Several images: commas that belong to a path or a URL stay

  $ cp cat.png 'a,b.png' && cp cat.png c,d.png
  $ table i.csv 'image_url,instruction' '"a,b.png",one path' '"cat.png,fruit.jpg",two' '"cat.png, fruit.jpg",two' \
  >     'cat.png|a,two' '"a,b.png|cat.png",two' '"[""a,b.png"",""cat.png""]",two' \
  >     '"data:image/gif;base64,R0lGODlhAQABAAAAACw=",a data URL'
  $ diffgentor edit --input i.csv --output_dir several --dry_run | grep -e image -e fail | steady
  row 0 (line 2): POST http://HOST/v1/images/edits
    model = gpt-image-1
    image = a,b.png (png, 480x320, 33571 bytes)
  row 1 (line 3): POST http://HOST/v1/images/edits
    model = gpt-image-1
    image[] = cat.png (png, 480x320, 33571 bytes)
    image[] = fruit.jpg (jpeg, 480x320, 18449 bytes)
  row 2 (line 4): POST http://HOST/v1/images/edits
    model = gpt-image-1
    image[] = cat.png (png, 480x320, 33571 bytes)
    image[] = fruit.jpg (jpeg, 480x320, 18449 bytes)
  row 3 (line 5): would fail: image 2 of 2: a: no such file; relative paths start at the input file's folder
  row 4 (line 6): POST http://HOST/v1/images/edits
    model = gpt-image-1
    image[] = a,b.png (png, 480x320, 33571 bytes)
    image[] = cat.png (png, 480x320, 33571 bytes)
  row 5 (line 7): POST http://HOST/v1/images/edits
    model = gpt-image-1
    image[] = a,b.png (png, 480x320, 33571 bytes)
    image[] = cat.png (png, 480x320, 33571 bytes)
  row 6 (line 8): would fail: data:image/gif;base64,R0lGODlhAQABAAAAAC...: is gif; gpt-image-1 takes jpeg, png, webp
  rows: 5 would be sent, 2 would fail, 0 skipped, 0 done already
