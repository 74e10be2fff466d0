from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    code: str
    sign: str
    picture: str = ""


_W = set(
    [
        "portal_unreachable",
        "portal_untrusted",
        "portal_silent",
        "clock_off",
        "agent_outdated",
        "localhost_ipv6_only",
        "pac_catches_localhost",
        "proxy_without_exception",
        "port_taken",
        "old_component_running",
        "old_port_taken",
        "http_port_taken",
        "agent_other_version",
        "identity_ending",
        "not_trusted_elsewhere",
        "trust_unreadable",
        "browser_unknown",
        "network_access_denied",
        "popups_blocked",
        "opener_cuts",
        "driver_slow",
        "certificate_ending",
        "list_unreachable",
        "responder_unreachable",
        "revocation_unknown",
        "pin_last_try",
        "pin_tries_few",
        "no_encryption_certificate",
        "system_old",
    ]
)


def row(code):
    return Row(code, "warn" if code in _W else "fail")


def said(code, language):
    return {"meaning": code, "steps": []}
