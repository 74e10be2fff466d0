"""JSON Schemas of the published protocol: shapes from the code's own structures, meanings and patterns from here."""

import copy
import re
from typing import Any

import msgspec

from agent.card.frames import Token
from agent.failures import Code, failure
from agent.messages import languages
from agent.order import MAX_CHALLENGE, MIN_CHALLENGE, Purpose
from agent.web.go import RETURN, GoAsk, Return
from agent.web.native import Ask
from agent.web.popup import PopupAsk
from agent.web.problems import in_all_languages
from tests.dev import protocol_examples as examples

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PLACE = "https://cardlogin.example/protocol/1/schemas"

# RFC 6454, section 6.2, as browsers write it: a name whose last label is no number, an IPv4 or an IPv6 address. The
# code refuses a few spellings more, such as https://[:] or a port 99999, and takes http pages of this computer when
# its developer switch is on.
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_HOST = (
    r"(?:(?:[a-z0-9_-]+\.)*[0-9]*[a-z_-][a-z0-9_-]*\.?"
    rf"|(?:{_OCTET}\.){{3}}{_OCTET}|\[[0-9a-f:.]+\])"
)
ORIGIN = f"^https://{_HOST}(?::[1-9][0-9]{{0,4}})?$"
OWN_ORIGIN = r"^https?://[0-9a-f]{32}\.localhost:[1-9][0-9]{0,4}$"
OWN_PAGE = OWN_ORIGIN.replace("$", "/v1/(?:popup|go)$")
_ADDRESS = rf"^https://[a-z0-9._:\[\]-]+{re.escape(RETURN)}$"
_PURPOSES = "|".join(sorted(purpose for purpose in Purpose if purpose))
_BASE64 = r"^[A-Za-z0-9+/]+={0,2}$"
_CODE = "^[a-z][a-z_]{1,39}$"

_ORIGIN: Schema = {"maxLength": 255, "pattern": ORIGIN}
_TEXTS: Schema = {
    "type": "object",
    "description": "One sentence of plain text in each language; show it as text, never as HTML.",
    "properties": {"zh-Hant": {"type": "string"}, "en": {"type": "string"}},
    "required": ["zh-Hant", "en"],
}

# What the structures cannot say: by field, and by structure where a name means something else there.
FIELDS: dict[str, Schema] = {
    "challenge": {
        "description": "The text to sign: Base64 of at least 32 random bytes, a dot and the purpose.",
        "minLength": MIN_CHALLENGE,
        "maxLength": MAX_CHALLENGE,
        "pattern": (
            f"^(?:[A-Za-z0-9+/]{{{MIN_CHALLENGE - 2}}}==|[A-Za-z0-9+/]{{{MIN_CHALLENGE - 1}}}={{1,2}}"
            rf"|[A-Za-z0-9+/]{{{MIN_CHALLENGE},{MAX_CHALLENGE}}}={{0,2}})(?:\.(?:{_PURPOSES}))?$"
        ),
    },
    "language": {"description": "The language of the PIN window.", "enum": list(languages())},
    "certificate": {"description": "Which certificates the portal can use; the PIN window offers no others."},
    "pss": {"description": "Whether an RSA key is to sign with PSS (PS256) instead of PKCS#1 v1.5 (RS256)."},
    "page_token": {
        "description": "The token of our page that sends this; good once.",
        "pattern": "^[A-Za-z0-9_-]{43}$",
    },
}
_OWN_FIELDS: dict[str, dict[str, Schema]] = {
    "PopupAsk": {"origin": {"description": "The caller: `event.origin` of the opener's message.", **_ORIGIN}},
    "GoAsk": {"return_to": {"description": "Where the answer goes; its origin is the caller.", "pattern": _ADDRESS}},
    "Return": {
        "origin": {"description": "The only origin that the form may be sent to.", **_ORIGIN},
        "return_to": {"description": "The return address, as it was asked for."},
        "field": {"description": "The name of the form field."},
        "value": {"description": "The value of the form field: a token or a problem document, as JSON text."},
    },
    "Token": {
        "unverifiedCertificate": {"description": "The certificate: Base64 of its DER.", "pattern": _BASE64},
        "algorithm": {
            "description": "RFC 7518, section 3.1.",
            "enum": ["RS256", "PS256", "ES256", "ES384", "ES512"],
        },
        "signature": {
            "description": "Base64 of the signature; for ECDSA the raw R and S, each as long as the curve's order.",
            "pattern": _BASE64,
        },
        "format": {"description": "The format of this token.", "const": "web-eid:1.0"},
        "appVersion": {"description": "Which program made the token; for logs only.", "format": "uri"},
    },
    "Wanted": {
        "issuer": {"description": "A value of the issuer's name: its CN, OU or O. Empty: any."},
        "policy": {"description": "A policy OID with dots. Empty: any."},
        "subject_serial": {"description": "The subject's serialNumber attribute. Empty: any."},
    },
}
_TITLES = {
    "Ask": "AuthenticateRequest",
    "PopupAsk": "PopupRequest",
    "GoAsk": "GoRequest",
    "Return": "GoAnswer",
    "Token": "Token",
    "Wanted": "CertificateFilter",
}
_DESCRIPTIONS = {
    "Ask": "The body of POST /v1/authenticate.",
    "PopupAsk": "The body of POST /v1/popup/authenticate, sent by our own page.",
    "GoAsk": "The body of POST /v1/go/authenticate, sent by our own page.",
    "Return": "What our page is to send by form post, and to whom.",
    "Token": "A web-eid:1.0 authentication token: five members, nothing more.",
    "Wanted": "Which certificates a portal can use.",
}

_HELLO: Schema = {
    "description": "Says that an agent is here and which protocol it speaks, the same for everybody.",
    "type": "object",
    "properties": {"service": {"const": "cardlogin"}, "protocol": {"const": 1}},
    "required": ["service", "protocol"],
    "examples": [examples.HELLO],
}


def _problem() -> Schema:
    return {
        "description": "A failure, as a problem document (RFC 9457). Ignore members that are not listed here.",
        "type": "object",
        "properties": {
            "type": {
                "type": "string",
                "pattern": "^urn:cardlogin:failure:" + _CODE[1:],
                "description": "The code as a URN.",
            },
            "title": {"type": "string", "description": "The meaning in English."},
            "status": {"type": "integer", "minimum": 400, "maximum": 599, "description": "The HTTP status."},
            "code": {
                "type": "string",
                "pattern": _CODE,
                "description": "The stable code. New codes may come within this protocol: show their texts.",
            },
            "meaning": {**_TEXTS, "title": "Texts"},
            "remedy": {**_TEXTS, "title": "Texts"},
            "tries_left": {
                "type": "integer",
                "minimum": 0,
                "description": "PIN tries left on the card, where the card told.",
            },
        },
        "required": ["type", "title", "status", "code", "meaning", "remedy"],
        "examples": [problem_example(Code.PIN_WRONG, tries_left=2)],
    }


def problem_example(code: Code, **more: object) -> Schema:
    """The problem document of a code, from the catalogue."""
    row = failure(code)
    return {
        "type": f"urn:cardlogin:failure:{code.value}",
        "title": row.meaning,
        "status": row.status,
        "code": code.value,
        "meaning": in_all_languages(row.meaning),
        "remedy": in_all_languages(row.remedy),
        **more,
    }


def _messages(parts: dict[str, Schema]) -> Schema:
    """The five messages between a portal's page and our popup (postMessage)."""
    ask = parts["AuthenticateRequest"]
    return {
        "description": "A message between a portal's page and our popup (postMessage).",
        "oneOf": [
            _message(
                "ready",
                "Popup to opener, target origin *: it listens.",
                protocol={"const": 1},
                port={"type": "integer", "minimum": 1, "maximum": 65535, "description": "Where HTTPS is answered."},
            ),
            {
                **_message("authenticate", "Opener to popup: the order. Good once."),
                "properties": {"type": {"const": "cardlogin:authenticate"}, **ask["properties"]},
                "required": ["type", *ask["required"]],
                "additionalProperties": False,
            },
            _message("token", "Popup to opener: it worked.", token={"$ref": "#/$defs/Token"}),
            _message("failure", "Popup to opener: it did not.", problem={"$ref": "#/$defs/Problem"}),
            _message("cancel", "Opener to popup: forget it."),
        ],
        "examples": examples.messages(problem_example(Code.USER_CANCELLED)),
    }


def _message(name: str, description: str, **members: Schema) -> Schema:
    kind = f"cardlogin:{name}"
    return {
        "title": name,
        "description": description,
        "type": "object",
        "properties": {"type": {"const": kind}, **members},
        "required": ["type", *members],
    }


def _fragment(parts: dict[str, Schema]) -> Schema:
    """The parameters behind the # of /v1/go, each a text."""
    return {
        "description": "The fragment of /v1/go: percent-encoded as a form (application/x-www-form-urlencoded).",
        "type": "object",
        "properties": {
            "return_to": parts["GoRequest"]["properties"]["return_to"],
            "challenge": parts["GoRequest"]["properties"]["challenge"],
            "language": parts["GoRequest"]["properties"]["language"],
            "state": {"type": "string", "maxLength": 1000, "description": "Comes back unchanged."},
            "certificate": {"type": "string", "description": "A CertificateFilter as JSON text."},
            "pss": {"const": "true"},
        },
        "required": ["return_to", "challenge"],
        "examples": [examples.FRAGMENT],
    }


_REGISTRATION: Schema = {
    "description": "What a site answers at its return address: it takes answers of the agent there.",
    "type": "object",
    "properties": {"cardlogin_return": {"const": 1}},
    "required": ["cardlogin_return"],
    "examples": [examples.REGISTRATION],
}
_RETURN: Schema = {
    "description": "The form that our page posts to the return address: a token or a failure, and the state.",
    "type": "object",
    "properties": {
        "token": {"type": "string", "description": "A Token as JSON text."},
        "failure": {"type": "string", "description": "A Problem as JSON text."},
        "state": {"type": "string", "maxLength": 1000, "description": "As it was asked for; empty without one."},
    },
    "required": ["state"],
    "oneOf": [{"required": ["token"]}, {"required": ["failure"]}],
    "additionalProperties": False,
    "examples": [examples.RETURN],
}


def components() -> dict[str, Schema]:
    """All schemas by name; they refer to each other as `#/$defs/Name`."""
    found = msgspec.json.schema_components((Ask, PopupAsk, GoAsk, Return, Token), ref_template="#/$defs/{name}")[1]
    parts = {_TITLES[name]: _struct(name, schema) for name, schema in found.items()}
    parts["Hello"], parts["Problem"] = _HELLO, _problem()
    parts["Message"], parts["GoFragment"] = _messages(parts), _fragment(parts)
    parts["GoRegistration"], parts["GoReturn"] = _REGISTRATION, _RETURN
    return {name: {"title": name, **schema} for name, schema in sorted(parts.items())}


def _struct(name: str, found: Schema) -> Schema:
    schema = copy.deepcopy(found)
    schema["title"], schema["description"] = _TITLES[name], _DESCRIPTIONS[name]
    own = _OWN_FIELDS.get(name, {})
    for field, shape in schema["properties"].items():
        shape.update(own.get(field) or FIELDS[field])
        if "$ref" in shape:
            shape["$ref"] = shape["$ref"].replace("Wanted", _TITLES["Wanted"])
    if not schema["required"]:
        del schema["required"]
    if name in examples.BY_STRUCT:
        schema["examples"] = examples.BY_STRUCT[name]
    return schema


def documents() -> dict[str, Schema]:
    """One schema document for each schema, by file name; each holds what it refers to."""
    parts = components()
    return {f"{_kebab(name)}.json": _document(name, parts) for name in parts}


def _document(name: str, parts: dict[str, Schema]) -> Schema:
    needed = _references(parts[name], parts)
    document = {"$schema": DIALECT, "$id": f"{PLACE}/{_kebab(name)}.json", **parts[name]}
    return {**document, "$defs": {part: parts[part] for part in sorted(needed)}} if needed else document


def _references(schema: object, parts: dict[str, Schema]) -> set[str]:
    """The names of the schemas that one refers to, directly or not."""
    if isinstance(schema, list):
        return {name for item in schema for name in _references(item, parts)}
    if not isinstance(schema, dict):
        return set()
    found = {name for item in schema.values() for name in _references(item, parts)}
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        found |= {name} | _references(parts[name], parts)
    return found


def _kebab(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("-")
