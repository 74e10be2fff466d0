"""Addresses of the member's area."""

from django.urls import path

from portal.member.deletion_pages import delete_account, keep_account
from portal.member.lengthen import no_invitation
from portal.member.mobile import rescue_mobile, rescue_mobile_code, rescue_mobile_remove
from portal.member.official import official_account
from portal.member.overview import member
from portal.member.password import change_password
from portal.member.profile import profile
from portal.member.rescue import password_question, recovery_code
from portal.member.second_factor_pages import (
    log_in_code,
    second_factor,
    second_factor_codes,
    second_factor_off,
    second_factor_on,
)  # fmt: skip
from portal.member.sessions import session_end, sessions, sessions_end_others
from portal.member.ways_in_pages import member_way_remove, member_ways_in, reset_way_remove, reset_ways_in

urlpatterns = [
    path("member/ways-in/", member_ways_in, name="ways_in"),
    path("member/ways-in/<slug:kind>/<int:way>/remove/", member_way_remove, name="way_remove"),
    path("accounts/recover/ways-in/", reset_ways_in, name="reset_ways_in"),
    path("accounts/recover/ways-in/<slug:kind>/<int:way>/remove/", reset_way_remove, name="reset_way_remove"),
    path("member/", member, name="member"),
    path("member/profile/", profile, name="profile"),
    path("member/official/", official_account, name="official_account"),
    path("member/mobile/", rescue_mobile, name="rescue_mobile"),
    path("member/mobile/code/", rescue_mobile_code, name="rescue_mobile_code"),
    path("member/mobile/remove/", rescue_mobile_remove, name="rescue_mobile_remove"),
    path("member/password/", change_password, name="change_password"),
    path("member/password/later/", no_invitation, name="no_invitation"),
    path("member/question/", password_question, name="password_question"),
    path("member/recovery-code/", recovery_code, name="recovery_code"),
    path("member/sessions/", sessions, name="sessions"),
    path("member/sessions/end-others/", sessions_end_others, name="sessions_end_others"),
    path("member/sessions/<int:session>/end/", session_end, name="session_end"),
    path("member/second-factor/", second_factor, name="second_factor"),
    path("member/second-factor/on/", second_factor_on, name="second_factor_on"),
    path("member/second-factor/off/", second_factor_off, name="second_factor_off"),
    path("member/second-factor/codes/", second_factor_codes, name="second_factor_codes"),
    path("member/delete/", delete_account, name="delete_account"),
    path("accounts/keep/<slug:link>/", keep_account, name="keep_account"),
    # The name by which allauth's log-in knows the page of the second step.
    path("accounts/second-factor/", log_in_code, name="mfa_authenticate"),
]
