// Reads a JSON list of texts, writes how many tokens each has: [[o200k, cl100k], …].
import { readFileSync } from "node:fs"
import { encode as cl100k } from "gpt-tokenizer/encoding/cl100k_base"
import { encode as o200k } from "gpt-tokenizer/encoding/o200k_base"

const asText = { disallowedSpecial: new Set() }
const texts = JSON.parse(readFileSync(0, "utf8"))
console.log(JSON.stringify(texts.map((text) => [o200k, cl100k].map((cut) => cut(text, asText).length))))
