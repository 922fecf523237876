-- SPDX-License-Identifier: MIT
--
-- Rows of cells as lines of text, each column as wide as its widest cell.
--
--     text_table({ { "n", "name" }, { "12", "x" } }, { true })   { " n  name", "12  x" }

local function width(cell) return utf8.len(cell) or #cell end

local function line_of(cells, widths, right)
  local parts = {}
  for c, cell in ipairs(cells) do
    local space = (" "):rep(widths[c] - width(cell))
    parts[c] = right[c] and space .. cell or cell .. space
  end
  return (table.concat(parts, "  "):gsub("%s+$", ""))
end

---@param rows string[][]
---@param right table<integer, boolean>? columns that are flush right
---@return string[] lines
return function(rows, right)
  local widths, lines = {}, {}
  for _, cells in ipairs(rows) do
    for c, cell in ipairs(cells) do
      widths[c] = math.max(widths[c] or 0, width(cell))
    end
  end
  for i, cells in ipairs(rows) do
    lines[i] = line_of(cells, widths, right or {})
  end
  return lines
end
