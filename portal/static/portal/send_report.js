// The page that sends a report: takes it from where report_return.js has left it, and shows it before it is sent.

const form = document.getElementById("report-form");
const button = document.getElementById("send-report");
const field = form.elements.report;

// Text as it is, where it is not what it should be: the server says so.
function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// Here already after a refusal that is over some time later.
if (!field.value && !form.hasAttribute("data-refused")) field.value = sessionStorage.getItem("selftest-report") ?? "";
document.getElementById("report-text").textContent = readable(field.value);
form.hidden = !field.value;
document.getElementById("no-report").hidden = Boolean(field.value);

form.addEventListener("submit", () => {
  sessionStorage.removeItem("selftest-report");
  button.disabled = true; // two clicks would leave a report that nobody has the page of
});
window.addEventListener("pageshow", () => {
  button.disabled = false;
});
