-- SPDX-License-Identifier: MIT
--
-- The names of the input's columns as the ledger numbers them; those of JSON
-- Lines grow as the input is taken up.
--
--     local name_of = ledger_columns(ledger)
--     name_of(1)                                    "image_url"

---@param ledger table
---@return fun(place: integer): string
return function(ledger)
  local names = {}
  return function(place)
    if not names[place] then
      local all, err = ledger:columns()
      if not all then error(err, 0) end
      names = all
    end
    return names[place] or ("column %d"):format(place)
  end
end
