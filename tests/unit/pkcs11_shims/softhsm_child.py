"""Talks to SoftHSM2 in a process of its own, because a module reads its configuration once; prints JSON."""

import json
import sys
from typing import Any

from agent.platform.modules import PROCESSOR, SYSTEM, file_rights
from pkcs11_shims.catalogue import read_catalogue
from pkcs11_shims.discovery import FileFacts, System, find_drivers
from pkcs11_shims.errors import CardError
from pkcs11_shims.keys import CardCertificate, Scheme
from pkcs11_shims.session import CardToken, Module


def main() -> None:
    """Reads a list of steps from stdin, makes them one after the other, prints what came of each."""
    system = System(PROCESSOR, lambda path: FileFacts(*file_rights(path)), {})
    ((found,), _) = find_drivers(read_catalogue(SYSTEM), system, ["softhsm2"])
    module = Module(found)
    json.dump([_outcome(module, step) for step in json.load(sys.stdin)], sys.stdout)


def _outcome(module: Module, step: dict[str, Any]) -> Any:
    try:
        return _make(module, **step)
    except CardError as error:
        return {"fault": error.fault.value, "tries": error.tries_left, "detail": error.detail}


def _make(module: Module, do: str, **arguments: Any) -> Any:
    if do == "tokens":
        return [[token.serial, token.manufacturer] for token in module.tokens()]
    token = CardToken("gone", "0", "x") if arguments.pop("gone", False) else module.tokens()[0]
    if do == "certificates":
        return [[item.key_id.hex(), item.label, item.der.hex()] for item in module.certificates(token)]
    if do == "pin state":
        state = module.pin_state(token, lambda reader, apdu: None)
        return [state.tries_left, state.activated, state.pinpad]
    if do == "present":
        return module.present(token)
    payload, key_id = bytes.fromhex(arguments["payload"]), bytes.fromhex(arguments.get("key_id", "01"))
    shown = CardCertificate(key_id, "", b"another") if token.serial == "0" or "shown" in arguments else None
    certificate = shown or next(item for item in module.certificates(token) if item.key_id == key_id)
    return module.sign(token, certificate, arguments["pin"], payload, Scheme(arguments.get("scheme", "RS"))).hex()


if __name__ == "__main__":
    main()
