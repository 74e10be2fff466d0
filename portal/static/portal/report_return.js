// The component's page has come with a report: hands it, in this tab, to the page of this site that sends it after a
// click. This page was opened by another site's form, so no cookie came with it, and it could send nothing itself.

const report = JSON.parse(document.getElementById("selftest-report").textContent);
sessionStorage.setItem("selftest-report", report);
window.location.replace(document.getElementById("main").dataset.reportUrl);
