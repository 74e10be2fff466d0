// Writes dist/cardlogin.global.js, the same client for pages without modules: the names are properties of `CardLogin`.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const source = readFileSync(new URL("cardlogin.js", import.meta.url), "utf8");
const marked = /^export ((?:async )?(?:function|class) (\w+))/gm;
const names = [...source.matchAll(marked)].map((found) => found[2]);
const body = source.replace(marked, "$1").trimEnd();
const folder = new URL("dist/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(
  new URL("cardlogin.global.js", folder),
  `// Made from cardlogin.js by build.mjs; not to be changed by hand.\nvar CardLogin = (() => {\n"use strict";\n${body}\nreturn Object.freeze({ ${names.join(", ")} });\n})();\n`,
);
