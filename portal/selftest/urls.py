"""Addresses of the self-test."""

from django.urls import path

from portal.selftest.report_pages import new, report

urlpatterns = [
    path("selftest/report/", new, name="selftest_report_new"),
    path("selftest/report/<slug:secret>/", report, name="selftest_report"),
]
