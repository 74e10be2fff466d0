// One language at a time: what has been said is said again when a person switches, and the choice is kept in a cookie.
const COOKIE = "cardlogin_language";
const element = (id) => document.getElementById(id);
const meta = (name) => document.querySelector(`meta[name=${name}]`).content;
// By name, then by language.
const texts = JSON.parse(meta("texts"));
const said = new Map([...document.querySelectorAll("[data-text]")].map((part) => [part, texts[part.dataset.text]]));
const switches = [...document.querySelectorAll("#languages button")];
let language = document.documentElement.lang;
let chosen = document.cookie.split("; ").some((pair) => pair.startsWith(`${COOKIE}=`));

// Shows a text that has a sentence for each language; textContent only, because parts of it come from outside.
function write(part, text) {
  said.set(part, text);
  part.textContent = text[language];
}

const say = (id, text) => write(element(id), text);

function speak(wished) {
  language = wished;
  document.documentElement.lang = wished;
  for (const [part, text] of said) part.textContent = text[wished];
  for (const button of switches) button.setAttribute("aria-pressed", String(button.lang === wished));
}

// The language of an order: the person's choice where there is one, else what the page wishes, which we speak then too.
function languageOf(wished) {
  if (chosen) return language;
  if (switches.some((button) => button.lang === wished)) speak(wished);
  return wished ?? "zh-Hant";
}

for (const button of switches) {
  button.addEventListener("click", () => {
    chosen = true;
    speak(button.lang);
    document.cookie = `${COOKIE}=${button.lang}; path=/; max-age=31536000; samesite=lax`;
  });
}
