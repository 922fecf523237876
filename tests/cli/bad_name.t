Names from a column make folders, but never leave the output folder.

  $ . "$TESTDIR/setup.sh"
  $ serve --picture fixed
  $ cp "$DATA/cat.png" .
  $ mkdir -p output elsewhere && ln -s ../elsewhere output/link
  $ table names.csv 'image_url,instruction,name' \
  >     'cat.png,A,plain' 'cat.png,A,in/a/folder' 'cat.png,A,with.dots.webp' 'cat.png,A,' \
  >     'cat.png,A,/etc/x' 'cat.png,A,../x' 'cat.png,A,a/../../x' 'cat.png,A,a//b' 'cat.png,A,a\b' \
  >     'cat.png,A,link/x' 'cat.png,A,plain.png' 'cat.png,A,.' "cat.png,A,$(printf 'n%.0s' $(seq 260))"
  $ diffgentor edit --input names.csv --output_name_column name --num_processes 1 --quiet 2>&1 | steady
  warning: row 4 (line 6): the name "/etc/x" is absolute; use a relative name inside the output folder
  warning: row 5 (line 7): the name "../x" has a part "." or ".."; use a relative name inside the output folder
  warning: row 6 (line 8): the name "a/../../x" has a part "." or ".."; use a relative name inside the output folder
  warning: row 8 (line 10): the name "a\b" has a backslash; use a relative name inside the output folder
  warning: row 9 (line 11): ./output/link: is a symbolic link where a folder is needed; rename or remove it
  warning: row 10 (line 12): output name "plain" is taken by an earlier row
  warning: row 11 (line 13): the name "." has a part "." or ".."; use a relative name inside the output folder
  warning: row 12 (line 14): the name "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" has a part longer than 255 bytes; use a relative name inside the output folder
  5 done, 8 failed
  5 attempts in TIME, 0.2276 USD
  errors:
         6  bad_name
         1  duplicate_name
         1  symlink
  results: ./output/results.csv
  $ columns output/results.csv output_image status error
  plain.png | done | 
  in/a/folder.png | done | 
  with.dots.png | done | 
  000003.png | done | 
   | failed | the name "/etc/x" is absolute; use a relative name inside the output folder
   | failed | the name "../x" has a part "." or ".."; use a relative name inside the output folder
   | failed | the name "a/../../x" has a part "." or ".."; use a relative name inside the output folder
  a/b.png | done | 
   | failed | the name "a\b" has a backslash; use a relative name inside the output folder
   | failed | ./output/link: is a symbolic link where a folder is needed; rename or remove it
   | failed | output name "plain" is taken by an earlier row
   | failed | the name "." has a part "." or ".."; use a relative name inside the output folder
   | failed | the name "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" has a part longer than 255 bytes; use a relative name inside the output folder
  $ find output elsewhere | sort
  elsewhere
  output
  output/000003.png
  output/a
  output/a/b.png
  output/in
  output/in/a
  output/in/a/folder.png
  output/ledger.sqlite3
  output/link
  output/plain.png
  output/results.csv
  output/with.dots.png
  $ sent
  5
