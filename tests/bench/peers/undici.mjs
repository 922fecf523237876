// SPDX-License-Identifier: MIT
//
// Edits by undici, written by hand, IN_FLIGHT at a time.
//
//     node undici.mjs URL INPUT OUT N IN_FLIGHT
import { Agent, fetch, FormData } from "undici";
import fs from "node:fs";

const [url, input, out, count, width] = process.argv.slice(2);
fs.mkdirSync(out, { recursive: true });
const dispatcher = new Agent({ connections: +width, headersTimeout: 600e3, bodyTimeout: 600e3 });
const headers = { authorization: "Bearer sk-bench-01" };
let next = 0;

async function form(row) {
  const body = new FormData();
  body.set("model", "gpt-image-1");
  body.set("prompt", `Row ${row}: make the sky a warm orange sunset`);
  body.set("size", "1024x1024");
  body.set("image", new Blob([await fs.promises.readFile(input)], { type: "image/png" }), "in.png");
  return body;
}

async function edit(row) {
  const body = await form(row);
  const reply = await fetch(`${url}/images/edits`, { method: "POST", body, dispatcher, headers });
  if (reply.status !== 200) throw new Error(`HTTP ${reply.status}`);
  const text = Buffer.from(await reply.arrayBuffer()).toString("latin1");
  const picture = Buffer.from(JSON.parse(text).data[0].b64_json, "base64");
  await fs.promises.writeFile(`${out}/${String(row).padStart(6, "0")}.png`, picture);
}

async function worker() {
  while (next < +count) await edit(next++);
}

await Promise.all(Array.from({ length: Math.min(+width, +count) }, worker));
