"""The examples in the documents of the protocol; a test holds them against the schemas."""

import json
from typing import Any

PORTAL = "https://portal.example"
CHALLENGE = "l0Y7sQ4mSxV2dR8kT1uWb3nE6aZpC9fGhJiKoLqMtNs=.login"
PAGE_TOKEN = "Zk3xQ0b7TtWmC4y1vHnRj8sLpE2uGdAoIf6KqYwXc5M"
_STATE = "0b7f6c1e-5a54-4f0c-9d0b-2f3d7c1a9e66"
_CITIZEN = {"issuer": "", "policy": "2.16.886.101.0.3.3", "subject_serial": ""}

HELLO: dict[str, Any] = {"service": "cardlogin", "protocol": 1}
ORDER: dict[str, Any] = {"challenge": CHALLENGE, "language": "en", "certificate": _CITIZEN}
# Certificate and signature are shortened.
TOKEN: dict[str, Any] = {
    "unverifiedCertificate": "MIIFajCCBFKgAwIBAgIRANAq",
    "algorithm": "RS256",
    "signature": "HjZ0m1Xw9dVt2cQ7LrBk",
    "format": "web-eid:1.0",
    "appVersion": "https://cardlogin.example/agent/0.1.0",
}
FRAGMENT: dict[str, str] = {
    "return_to": f"{PORTAL}/.well-known/cardlogin-return",
    "challenge": CHALLENGE,
    "language": "zh-Hant",
    "state": _STATE,
    "certificate": json.dumps(_CITIZEN),
}
REGISTRATION: dict[str, int] = {"cardlogin_return": 1}
RETURN: dict[str, str] = {"token": json.dumps(TOKEN), "state": _STATE}
BY_STRUCT: dict[str, list[dict[str, Any]]] = {
    "Ask": [{"challenge": CHALLENGE}, ORDER],
    "PopupAsk": [{"page_token": PAGE_TOKEN, "origin": PORTAL, "challenge": CHALLENGE}],
    "GoAsk": [{"page_token": PAGE_TOKEN, "return_to": FRAGMENT["return_to"], "challenge": CHALLENGE}],
    "Return": [
        {"origin": PORTAL, "return_to": FRAGMENT["return_to"], "field": "token", "value": RETURN["token"]},
    ],
    "Token": [TOKEN],
    "Wanted": [_CITIZEN],
}


def messages(problem: dict[str, Any]) -> list[dict[str, Any]]:
    """A message of each kind."""
    return [
        {"type": "cardlogin:ready", "protocol": 1, "port": 61171},
        {"type": "cardlogin:authenticate", **ORDER},
        {"type": "cardlogin:token", "token": TOKEN},
        {"type": "cardlogin:failure", "problem": problem},
        {"type": "cardlogin:cancel"},
    ]
