"""Addresses of the self-test."""

from django.urls import path

from portal.selftest.report_pages import new, report
from portal.selftest.views import clock, page, trial

urlpatterns = [
    path("selftest/", page, name="selftest"),
    path("selftest/clock/", clock, name="selftest_clock"),
    path("selftest/trial/", trial, name="selftest_trial"),
    path("selftest/report/", new, name="selftest_report_new"),
    path("selftest/report/<slug:secret>/", report, name="selftest_report"),
]
