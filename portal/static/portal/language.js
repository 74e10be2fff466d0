// The switch between languages loads the page anew: what was typed into its forms comes back, in the same tab and once.
// Passwords, codes and the captcha's answer do not.

const TYPED = "typed";
const SECRET = 'input[type="password"], input[type="hidden"], [autocomplete="one-time-code"], [name="captcha"]';
const fields = () => [...document.querySelectorAll("main :is(input, select, textarea)[name]:not([readonly])")];
const isChoice = (field) => field.type === "checkbox" || field.type === "radio";
// Several forms of a page may have a field of the same name, and the buttons of a choice share one.
const keyOf = (field) => [field.form?.getAttribute("action") ?? "", field.name, isChoice(field) ? field.value : ""].join("\n");

document.getElementById("languages")?.addEventListener("submit", () => {
  const typed = fields().filter((field) => !field.matches(SECRET));
  const kept = typed.map((field) => [keyOf(field), isChoice(field) ? field.checked : field.value]);
  sessionStorage.setItem(TYPED, JSON.stringify({ page: window.location.pathname, kept }));
});

const found = sessionStorage.getItem(TYPED);
sessionStorage.removeItem(TYPED);
if (found !== null) {
  const { page, kept } = JSON.parse(found);
  const values = page === window.location.pathname ? new Map(kept) : new Map();
  for (const field of fields()) {
    const value = values.get(keyOf(field));
    if (value === undefined) continue;
    if (isChoice(field)) field.checked = value;
    else field.value = value;
  }
}
