-- SPDX-License-Identifier: MIT
local filter = require("diffgentor.filter")

-- Positions 0 to 12 that the filter wants, as "0 1 2".
local function wanted(text)
  local chosen = assert(filter.parse(text))
  local list = {}
  for at = 0, 12 do
    if chosen(at) then table.insert(list, at) end
  end
  return table.concat(list, " ")
end

describe("filter.parse", function()
  local good = {
    { "0:3", "0 1 2" },
    { ":3", "0 1 2" },
    { "10:", "10 11 12" },
    { "7", "7" },
    { "0,5,10", "0 5 10" },
    { "10,0,5", "0 5 10" },
    { "0:2,5,11:", "0 1 5 11 12" },
    { "2:6,4:8", "2 3 4 5 6 7" },
    { "4:8,2:3,3:5", "2 3 4 5 6 7" },
    { " 1 : 3 , 5 ", "1 2 5" },
    { ":", "0 1 2 3 4 5 6 7 8 9 10 11 12" },
    { "5:2", "" },
    { "5:5", "" },
    { "100:200", "" },
    { "007", "7" },
  }
  for _, case in ipairs(good) do
    it(("'%s' wants '%s'"):format(case[1], case[2]), function()
      assert.equal(case[2], wanted(case[1]))
    end)
  end

  it("takes 0:50 as the first fifty rows", function()
    local chosen = assert(filter.parse("0:50"))
    assert.is_true(chosen(0))
    assert.is_true(chosen(49))
    assert.is_false(chosen(50))
  end)

  it("has no end after A:", function()
    assert.is_true(assert(filter.parse("100:"))(1 << 40))
  end)

  local forms = "; parts are N, A:B, A: and :B, joined by commas, counted from 0"
  local bad = {
    { "a:b", "'a:b' is not a range of row positions" },
    { "1:2:3", "'1:2:3' is not a range of row positions" },
    { "x", "'x' is not a row position" },
    { "1.5", "'1.5' is not a row position" },
    { "0x10", "'0x10' is not a row position" },
    { "99999999999999999999", "'99999999999999999999' is not a row position" },
    { "-1", "'-1' is negative" },
    { "3,-5:", "'-5:' is negative" },
    { "0:-5", "'0:-5' is negative" },
    { ":-5", "':-5' is negative" },
    { "", "part 1 of '' is empty" },
    { "0,,5", "part 2 of '0,,5' is empty" },
    { "0:5,", "part 2 of '0:5,' is empty" },
  }
  for _, case in ipairs(bad) do
    it(("refuses '%s'"):format(case[1]), function()
      local chosen, err = filter.parse(case[1])
      assert.is_nil(chosen)
      assert.equal("usage", err.kind)
      assert.equal("--filter_rows: " .. case[2] .. forms, tostring(err))
    end)
  end
end)
