A picture that cannot be used fails its row alone, before anything is sent for it.

  $ . "$TESTDIR/setup.sh"
  $ serve --picture fixed
  $ cp "$DATA/cat.png" "$DATA/fruit.jpg" .
  $ try() {
  >     rm -rf output
  >     table try.csv 'image_url,instruction,mask' "$1"
  >     shift
  >     diffgentor edit --input try.csv --quiet "$@" >try.out 2>try.err
  >     columns output/results.csv status error_code error | steady
  > }

Files

  $ try 'missing.png,A,'
  failed | unreadable | missing.png: no such file; relative paths start at the input file's folder
  $ mkdir folder.png && try 'folder.png,A,'
  failed | unreadable | folder.png: is a folder
  $ : >empty.png && try 'empty.png,A,'
  failed | not_an_image | empty.png: is empty
  $ echo 'not a picture' >text.png && try 'text.png,A,'
  failed | not_an_image | text.png: is no picture (PNG, JPEG, WebP, GIF or SVG): it starts with "not a picture\n"
  $ mkfifo pipe.png && try 'pipe.png,A,'
  failed | unreadable | pipe.png: is not a regular file
  $ try ',A,'
  failed | no_image | the image cell is empty
  $ try '"cat.png,,cat.png",A,'
  done |  | 
  $ try '"[""cat.png""",A,'
  failed | unreadable | ["cat.png": no such file; relative paths start at the input file's folder
  $ try 'file:///etc/passwd,A,'
  failed | bad_scheme | file:///etc/passwd: file:// is not read; images are paths, http(s):// and data: URLs
  $ try 'ftp://host/cat.png,A,'
  failed | bad_scheme | ftp://host/cat.png: ftp:// is not read; images are paths, http(s):// and data: URLs
  $ try '"data:image/png;base64,????",A,'
  failed | bad_data_url | data:image/png;base64,????: not base64: a wrong character after 0 decoded bytes
  $ try '"data:text/plain,hello",A,'
  failed | not_an_image | data:text/plain,hello: is no picture (PNG, JPEG, WebP, GIF or SVG): it starts with "hello"
  $ truncate -s 52428800 large.png
  $ head -c 100 cat.png | dd of=large.png conv=notrunc status=none
  $ try 'large.png,A,'
  failed | image_too_large | large.png: has 52428800 bytes; gpt-image-1 takes less than 52428800 (50 MiB)
  $ try 'cat.png,A,' --max_image_bytes 1000
  failed | too_large | cat.png: has 33571 bytes, more than the 1000 allowed (--max_image_bytes)

What the models take

  $ printf 'GIF89a\001\000\001\000\000\000\000' >small.gif && try 'small.gif,A,'
  failed | image_kind | small.gif: is gif; gpt-image-1 takes jpeg, png, webp
  $ try "$(printf 'cat.png|%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)cat.png,A,"
  failed | too_many_images | 17 images; gpt-image-1 takes at most 16
  $ try 'cat.png|fruit.jpg,A,' --model_name dall-e-3
  failed | too_many_images | 2 images; dall-e-3 takes at most 1
  $ try 'cat.png|fruit.jpg,A,' --model_name dall-e-2
  failed | too_many_images | 2 images; dall-e-2 takes at most 1
  $ try 'fruit.jpg,A,' --model_name dall-e-2
  failed | image_kind | fruit.jpg: is jpeg; dall-e-2 takes png
  $ try 'cat.png,A,' --model_name dall-e-2
  failed | image_not_square | cat.png: is 480x320; dall-e-2 takes square pictures
  $ picture square.png 64 64
  $ try "square.png,$(printf 'x%.0s' $(seq 1001))," --model_name dall-e-2
  failed | prompt_too_long | the prompt has 1001 characters; dall-e-2 takes at most 1000
  $ try "cat.png,$(head -c 32001 /dev/zero | tr '\0' x),"
  failed | prompt_too_long | the prompt has 32001 characters; gpt-image-1 takes at most 32000
  $ try 'cat.png,   ,'
  failed | empty_instruction | empty instruction

Masks

  $ picture mask.png 32 32 alpha
  $ try 'square.png,A,mask.png' --mask_column mask
  failed | mask_size | mask mask.png: is 32x32, the image square.png is 64x64; they must be of one size
  $ picture flat.png 64 64
  $ try 'square.png,A,flat.png' --mask_column mask
  failed | mask_alpha | mask flat.png: has no transparency; what is to be edited must be transparent
  $ try 'fruit.jpg,A,fruit.jpg' --mask_column mask
  failed | mask_kind | mask fruit.jpg: is jpeg; gpt-image-1 takes a PNG
  $ try 'square.png,A,nowhere.png' --mask_column mask
  failed | unreadable | nowhere.png: no such file; relative paths start at the input file's folder
  $ try 'square.png,A,mask.png|mask.png' --mask_column mask
  failed | many_masks | 2 masks; a request takes one

Of all that the server saw but the one that was done

  $ sent
  1
