"""Addresses of the ways to recover access, below accounts/."""

from django.urls import URLPattern, path

from portal.recovery.account_pages import forgot_account, forgot_account_card, forgot_account_sent
from portal.recovery.card_pages import card_page, card_proof
from portal.recovery.code_pages import stage_page, start_page
from portal.recovery.pages import recover, recover_done
from portal.recovery.password_pages import reset_password
from portal.recovery.steps import Stage, Way


def _by_card(way: Way) -> list[URLPattern]:
    at, name, chosen = f"recover/{way.value}-card/", f"{way.value}_card", {"way": way}
    return [path(at, card_page, chosen, name=name), path(f"{at}proof/", card_proof, chosen, name=f"{name}_proof")]


def _without_card(way: Way, at: str, *stages: Stage) -> list[URLPattern]:
    name = f"reset_{way.value}"
    pages = [
        path(f"recover/{at}/{stage.value.replace('_', '-')}/", stage_page, {"way": way, "stage": stage},
             name=f"{name}_{stage.value}")
        for stage in stages
    ]  # fmt: skip
    return [path(f"recover/{at}/", start_page, {"way": way}, name=name), *pages]


urlpatterns: list[URLPattern] = [
    path("recover/", recover, name="recover"),
    path("recover/done/", recover_done, name="recover_done"),
    *_by_card(Way.ACTIVATE),
    *_by_card(Way.UNLOCK),
    *_by_card(Way.RESET),
    *_without_card(Way.QUESTION, "question", Stage.ANSWER, Stage.CODE),
    *_without_card(Way.SAVED_CODE, "saved-code", Stage.CODE, Stage.SAVED_CODE),
    *_without_card(Way.TEXT, "text", Stage.CODE),
    path("recover/password/", reset_password, name="reset_password"),
    path("recover/account/", forgot_account, name="forgot_account"),
    path("recover/account/sent/", forgot_account_sent, name="forgot_account_sent"),
    path("recover/account/card/", forgot_account_card, name="forgot_account_card"),
]
