A file that cannot be trusted is refused before anything is sent: file, line, column, what to do.

  $ . "$TESTDIR/setup.sh"
  $ export OPENAI_API_KEY=sk-test-0123456789abcdef OPENAI_API_BASE=http://127.0.0.1:1/v1
  $ cp "$DATA/cat.png" .
  $ edit() { diffgentor edit --input "$@"; }
  $ bytes() { printf "$2" >"$1"; }

The file itself

  $ edit missing.csv
  error: missing.csv: no such file
  [2]
  $ mkdir folder.csv && edit folder.csv
  error: folder.csv is a folder; name the CSV file in it
  [2]
  $ : >empty.csv && edit empty.csv
  error: empty.csv:1:1: the file is empty: no header; the first line names the columns
  [2]
  $ bytes table.parquet 'PAR1' && edit table.parquet
  error: table.parquet: Parquet is not read; convert it to CSV first, with DuckDB for one: COPY 'FILE.parquet' TO 'FILE.csv' (HEADER)
  [2]
  $ bytes table.xlsx 'PK' && edit table.xlsx
  error: table.xlsx: an Excel workbook is not read; save it as "CSV UTF-8"
  [2]

Encoding

  $ bytes utf16.csv '\377\376i\000m\000a\000g\000e\000' && edit utf16.csv
  error: utf16.csv:1:1: the text is UTF-16 (little-endian), UTF-8 is needed; convert it: iconv -f UTF-16 -t UTF-8 utf16.csv > utf16.csv.utf8
  [2]
  $ bytes nul.csv 'image_url,instruction\ncat.png,Add\000hat\n' && edit nul.csv
  error: nul.csv:2:12: a NUL byte; the file is damaged or is no UTF-8 text
  [2]
  $ bytes latin1.csv 'image_url,instruction\ncat.png,Un caf\351\n' && edit latin1.csv
  error: latin1.csv:2:15: the byte 0xE9 is not UTF-8; if the file is Windows-1252, convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE > FILE.utf8
  [2]

Quoting

  $ bytes open.csv 'image_url,instruction\ncat.png,"Add a hat\ncat.png,And a coat\n' && edit open.csv
  error: open.csv:2:9: this quote is never closed; a quote inside a cell is written twice, and the whole cell quoted
  [2]
  $ bytes after.csv 'image_url,instruction\ncat.png,"Add" a hat\n' && edit after.csv
  error: after.csv:2:14: text behind the closing quote of the cell opened at line 2, column 9; a quote inside a cell is written twice
  [2]
  $ bytes inside.csv 'image_url,instruction\ncat.png,Add a 5" hat\n' && edit inside.csv
  error: inside.csv:2:16: a quote in an unquoted cell; quote the whole cell and write each quote inside it twice
  [2]

Columns

  $ table a.csv 'picture,instruction' 'cat.png,Add a hat' && edit a.csv
  error: a.csv:1: no image column ("image_url", "image" or "input_images"); there are "picture", "instruction"
  [2]
  $ table b.csv 'image_url,instructions' 'cat.png,Add a hat' && edit b.csv
  error: b.csv:1: no column "instruction" (--instruction_key names it); there are "image_url", "instructions"; did you mean "instructions"?
  [2]
  $ table c.csv 'image_url;instruction' 'cat.png;Add a hat' && edit c.csv
  error: c.csv:1: no image column ("image_url", "image" or "input_images"); there are "image_url;instruction"; the file seems to be separated by semicolons: save it with commas
  [2]
  $ table d.csv 'image_url,instruction,image_url' 'cat.png,Add a hat,x' && edit d.csv
  error: d.csv:1:23: the header names the column "image_url" twice (columns 1 and 3); rename one
  [2]
  $ table e.csv 'index,image_url,instruction' '7,cat.png,A' '8,cat.png,B' '7,cat.png,C' && edit e.csv
  error: e.csv:4:1: the index 7 stands twice, first at line 2; give each row its own
  [2]
  $ table f.csv 'image_url,instruction' 'cat.png,Add a hat' && edit f.csv --output_name_column name
  error: f.csv:1: no column "name" (--output_name_column); there are "image_url", "instruction"
  [2]
  $ edit f.csv --mask_column mask
  error: f.csv:1: no column "mask" (--mask_column); there are "image_url", "instruction"
  [2]
  $ edit f.csv --instruction_key prompt
  error: f.csv:1: no column "prompt" (--instruction_key names it); there are "image_url", "instruction"
  [2]

JSON Lines

  $ bytes a.jsonl '{"image_url":"cat.png","instruction":"A"}\n{"image_url":\n' && edit a.jsonl
  error: a.jsonl:2:14: the line ends inside the object; each object stands on one line
  [2]
  $ bytes b.jsonl '["cat.png","A"]\n' && edit b.jsonl
  error: b.jsonl:1:1: a JSON array, not JSON Lines; write each of its objects on a line of its own (jq -c '.[]')
  [2]
  $ bytes c.jsonl '{"image_url":"cat.png","image_url":"b.png","instruction":"A"}\n' && edit c.jsonl
  error: c.jsonl:1:24: this name stands twice in the object; rename or remove one
  [2]
  $ : >d.jsonl && edit d.jsonl
  error: d.jsonl:1:1: the file is empty; each line holds one JSON object
  [2]

No output was made

  $ ls -d output
  ls: cannot access 'output': No such file or directory
  [2]
