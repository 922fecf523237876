std = "lua54"
max_line_length = 100
files["tests/lua"] = { std = "+busted" }
exclude_files = { "build", "tests/lint/bad" }
files["scripts"] = { ignore = { "212" } } -- a hook has all its arguments, whatever it uses
files["lua/types"] = { ignore = { "212", "241", "211" } } -- declarations for editors
