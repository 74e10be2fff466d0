"""OpenSSL's verdict, from its command line program."""

import base64
import subprocess
from pathlib import Path

from cardlogin_server.certificates.profile import ANY_POLICY
from tests.stand.waiting import LIMIT
from tests.unit.cardlogin_server.conformance.question import Question, Verdict


def judge(question: Question, folder: Path) -> Verdict:
    """What ``openssl verify`` says; ``folder`` takes the files it reads."""
    arguments = ["openssl", "verify", "-attime", str(int(question.now.timestamp()))]
    arguments += ["-CAfile", _pem(folder / "root.pem", "CERTIFICATE", [question.root])]
    if question.others:
        arguments += ["-untrusted", _pem(folder / "others.pem", "CERTIFICATE", question.others)]
    if question.revocation:
        arguments += ["-crl_check_all", "-extended_crl", "-use_deltas"]
        if question.lists:
            arguments += ["-CRLfile", _pem(folder / "lists.pem", "X509 CRL", question.lists)]
    arguments += _policy_arguments(question)
    leaf = _pem(folder / "leaf.pem", "CERTIFICATE", [question.leaf])
    done = subprocess.run([*arguments, leaf], capture_output=True, text=True, timeout=LIMIT, check=False)
    return Verdict(done.returncode == 0, _reason(done.stderr))


def _policy_arguments(question: Question) -> list[str]:
    arguments = ["-policy_check"]
    for policy in question.policies or (ANY_POLICY,):
        arguments += ["-policy", policy]
    for wanted, argument in (
        (question.explicit, "-explicit_policy"),
        (question.inhibit_map, "-inhibit_map"),
        (question.inhibit_any, "-inhibit_any"),
    ):
        arguments += [argument] if wanted else []
    return arguments


def _pem(path: Path, label: str, contents: "list[bytes] | tuple[bytes, ...]") -> str:
    blocks = [
        f"-----BEGIN {label}-----\n{base64.encodebytes(content).decode()}-----END {label}-----\n"
        for content in contents
    ]
    path.write_text("".join(blocks))
    return str(path)


def _reason(text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith("error ") and "verification failed" not in line]
    return lines[0] if lines else text.strip().splitlines()[-1] if text.strip() else ""
