"""Addresses of this part of the portal, below accounts/."""

from django.urls import path

from portal.registration.change_views import mail_change, mail_change_cancel, mail_change_code, mail_change_confirm
from portal.registration.confirm_views import center, confirm, confirm_code, privacy, resend_mail, terms
from portal.registration.views import entry, register_card, register_done, register_step

urlpatterns = [
    path("register/", entry, name="register"),
    path("register/<int:number>/", register_step, name="register_step"),
    path("register/card/", register_card, name="register_card"),
    path("register/done/", register_done, name="register_done"),
    path("confirm/", confirm_code, name="confirm_code"),
    path("confirm/<slug:link>/", confirm, name="confirm"),
    path("resend/", resend_mail, name="resend"),
    path("center/", center, name="center"),
    path("terms/", terms, name="terms"),
    path("privacy/", privacy, name="privacy"),
    path("mail/", mail_change, name="mail_change"),
    path("mail/code/", mail_change_code, name="mail_change_code"),
    path("mail/cancel/", mail_change_cancel, name="mail_change_cancel"),
    path("mail/confirm/<slug:link>/", mail_change_confirm, name="mail_change_confirm"),
]
