// The component's page has come with a report: hands it, in this tab, to the page of this site that sends it after a
// click. This page was opened by another site's form, so no cookie came with it, and it could send nothing itself.

// What this tab has not asked for (selftest.js) is left: any site could have posted it.
const STATE = "selftest-state";
const { report, state } = JSON.parse(document.getElementById("selftest-report").textContent);
if (state && state === sessionStorage.getItem(STATE)) sessionStorage.setItem("selftest-report", report);
sessionStorage.removeItem(STATE);
window.location.replace(document.getElementById("main").dataset.reportUrl);
