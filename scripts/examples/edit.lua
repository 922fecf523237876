#!/usr/bin/env -S diffgentor script
-- The bundled workflow as a script: each hook does here what it does by itself.  Save it,
-- keep what you change, delete the rest:
--
--     diffgentor edit --print_script >my_edit.lua
--     diffgentor script my_edit.lua --input data.csv --output_dir output
--
-- A hook that raises, or returns nil and an error, fails its row; the others go on.

local edit = require("diffgentor.edit"):extend()

-- Once in each worker process, before its first row.
function edit:setup(settings) end

-- Which rows are edited: false or nil skips the row.
function edit:keep(row) return true end

-- The row's pictures: text as in a cell, or a list of paths and URLs; nil: the image column.
function edit:images(row) return nil end

-- What is asked for; nil: --prompt_template, else the column of --instruction_key.
function edit:prompt(row) return nil end

-- The request before it is sent; its API fields are set by name, as request.size = "1024x1024".
function edit:request(row, request) return request end

-- The answer before its pictures are put into place; reply.request, changed and returned,
-- is sent for another go.
function edit:reply(row, reply) return reply end

-- The name of picture k without its extension; nil: --output_name_column, else the index.
-- Asked before anything is sent, without a picture, then once for each picture.
function edit:name(row, picture, k) return nil end

-- After the pictures are in place: row.NAME = "text" makes a column of results.csv.
function edit:result(row, reply) end

-- Once, after results.csv is written; summary.done, summary.failed, ...
function edit:done(summary) end

return edit
