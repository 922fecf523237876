-- Tells somebody when a run has ended with failures: what failed, by error.
--
--     WEBHOOK=https://example.com/hook diffgentor edit --hook webhook.lua --input data.csv

local http = require("diffgentor.http")
local ledger = require("diffgentor.ledger")

local M = {}

function M:done(summary)
  local url = os.getenv("WEBHOOK")
  if not url or (summary.failed or 0) == 0 then return end
  local books <close> = assert(ledger.open(self.settings.output_dir))
  local rows = {}
  for row in books:rows() do
    if row.state == "failed" then table.insert(rows, row.index or row.position) end
  end
  assert(http.post(url, {
    text = ("%d of the rows failed"):format(summary.failed), done = summary.done, rows = rows,
  }, { max_retries = 3 }))
end

return M
