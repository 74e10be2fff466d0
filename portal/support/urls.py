"""Addresses of the manuals and of the desk."""

from django.urls import path

from portal.support.desk_pages import code, report, reports
from portal.support.manual_pages import failures, installation, pin

urlpatterns = [
    path("manual/failures/", failures, name="manual"),
    path("manual/pin/", pin, name="manual_pin"),
    path("manual/installation/", installation, name="manual_install"),
    path("support/code/", code, name="support_code"),
    path("support/reports/", reports, name="support_reports"),
    path("support/reports/<int:number>/", report, name="support_report"),
]
