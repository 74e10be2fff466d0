// Writes dist/cardlogin.global.js, the same client for pages without modules: the names are properties of `CardLogin`.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const marked = /^export ((?:async )?(?:function|class) (\w+))/gm;
const source = read("cardlogin.js");
const names = [...source.matchAll(marked)].map((found) => found[2]);
const parts = ["messages.js", "addresses.js"].map((name) => read(name).replace(/^export /gm, ""));
const body = source.replace(/^import .*\n/gm, "").replace(marked, "$1");
const folder = new URL("dist/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(
  new URL("cardlogin.global.js", folder),
  `// Made from cardlogin.js, addresses.js and messages.js by build.mjs; not to be changed by hand.\nvar CardLogin = (() => {\n"use strict";\n${parts.join("\n")}\n${body.trim()}\nreturn Object.freeze({ ${names.join(", ")} });\n})();\n`,
);
