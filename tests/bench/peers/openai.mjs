// SPDX-License-Identifier: MIT
//
// Edits by the official npm client, as its documentation shows them, IN_FLIGHT at a time.
//
//     node openai.mjs URL INPUT OUT N IN_FLIGHT
import OpenAI from "openai";
import fs from "node:fs";

const [url, input, out, count, width] = process.argv.slice(2);
fs.mkdirSync(out, { recursive: true });
const client = new OpenAI({ apiKey: "sk-bench-01", baseURL: url, maxRetries: 0 });
let next = 0;

async function edit(row) {
  const reply = await client.images.edit({
    model: "gpt-image-1",
    image: fs.createReadStream(input),
    prompt: `Row ${row}: make the sky a warm orange sunset`,
    size: "1024x1024",
  });
  const picture = Buffer.from(reply.data[0].b64_json, "base64");
  await fs.promises.writeFile(`${out}/${String(row).padStart(6, "0")}.png`, picture);
}

async function worker() {
  while (next < +count) await edit(next++);
}

await Promise.all(Array.from({ length: Math.min(+width, +count) }, worker));
