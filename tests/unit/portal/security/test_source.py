"""What the portal's own code never does, read from its source (ASVS 1.2 to 1.5, 3.2.2, 11.4.1, 11.5.1, 14.3.3)."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[4]
CODE = sorted(path for name in ("portal", "cardlogin_server") for path in (ROOT / name).rglob("*.py"))
TEMPLATES = sorted((ROOT / "portal" / "templates").rglob("*.*"))
CLIENT = ROOT / "cardlogin_server" / "browser"
SCRIPTS = sorted([*(ROOT / "portal" / "static").rglob("*.js"), *CLIENT.glob("*.js")])
FORBIDDEN_MODULES = {
    "pickle", "marshal", "shelve", "subprocess", "yaml", "lxml", "ctypes", "telnetlib", "ftplib", "ldap", "ldap3",
    "random", "xml",
}  # fmt: skip
FORBIDDEN_CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "hashlib.md5", "hashlib.new", "mark_safe",
    "format_html_join", "Template", "Engine", "RawSQL", "ssl._create_unverified_context",
}  # fmt: skip
# Numbers that hide nothing, for spreading load and for how a question sounds; and a picture that is drawn from our own
# secret, not from input.
ALLOWED = {
    "cardlogin_server/revocation/refresh.py": {"random"},
    "cardlogin_server/revocation/fetching/breaker.py": {"random"},
    "portal/member/second_factor.py": {"mark_safe"},
    "portal/captcha/sound.py": {"random"},
    "portal/captcha/views.py": {"random"},
}
_SHA1 = ("hashlib.sha1", "hashes.SHA1")
LEVELS = {"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log"}
# A name stands for one of several texts of the file itself.
FILLED = {"portal/accounts/passwords.py", "portal/audit/management/commands/grant.py"}


def names(path: Path) -> set[str]:
    """Every module that is imported and every function that is called, as the file spells it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
        elif isinstance(node, ast.Call):
            found.add(ast.unparse(node.func))
    return found


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_code_uses_nothing_dangerous() -> None:
    for path in CODE:
        found = names(path) - ALLOWED.get(relative(path), set())
        assert not found & (FORBIDDEN_MODULES | FORBIDDEN_CALLS), relative(path)
        assert not [name for name in found if name.endswith((".raw", ".extra")) and "objects" in name], relative(path)


def test_sha1_is_used_for_names_of_keys_only() -> None:
    users = {relative(path) for path in CODE if any(name in path.read_text("utf-8") for name in _SHA1)}
    # Key identifiers of RFC 5280 and OCSP, and the refusal of SHA-1 signatures itself; nothing in the portal.
    assert not [name for name in users if name.startswith("portal/")]


def test_sql_is_written_by_the_orm() -> None:
    """Own statements are in migrations, without any value in them, and in the audit log's commands for operators.

    Those take values as parameters, and the names of a role and a schema quoted by the database's own rules.
    """
    users = {relative(path) for path in CODE if re.search(r"\bcursor\(\)|cursor\.execute\(", path.read_text("utf-8"))}
    own = {name for name in users if name.startswith("portal/") and "/migrations/" not in name}
    commands = "portal/audit/management/commands/"
    assert own == {"portal/audit/checks.py", f"{commands}grant.py", f"{commands}forget_audit.py"}


def test_patterns_are_fixed() -> None:
    """Regular expressions are made while nobody's input is there; what a function puts into one is escaped."""
    calls = {"compile", "search", "match", "fullmatch", "sub", "findall", "finditer", "split"}
    for path in CODE:
        tree = ast.parse(path.read_text("utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for node in (inner for function in functions for inner in ast.walk(function)):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) not in {f"re.{name}" for name in calls}:
                continue
            pattern = node.args[0]
            parts = pattern.values if isinstance(pattern, ast.JoinedStr) else [pattern]
            values = [part.value if isinstance(part, ast.FormattedValue) else part for part in parts]
            for value in values:
                text = ast.unparse(value)
                fixed = isinstance(value, ast.Constant) or re.fullmatch(
                    r"_?[A-Z][A-Z0-9_]*(\.[a-z]+|\[[a-z]+\])?", text
                )
                assert fixed or text.startswith("re.escape("), f"{relative(path)}:{node.lineno}: {text}"


def loggers(tree: ast.Module) -> set[str]:
    """The names under which a file knows a logger."""
    found = {"logging"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if ast.unparse(node.value.func).endswith("getLogger"):
                found |= {ast.unparse(target) for target in targets}
    return found


def test_log_calls_have_fixed_texts() -> None:
    """The text of a log call, whatever the logger is called and whatever the level, stands in the source."""
    calls = 0
    for path in CODE:
        tree = ast.parse(path.read_text("utf-8"))
        known = loggers(tree)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner = node.func.value
            is_logger = ast.unparse(owner) in known or (
                isinstance(owner, ast.Call) and ast.unparse(owner.func).endswith("getLogger")
            )
            if is_logger and node.func.attr in LEVELS:
                text = node.args[node.func.attr == "log"]
                assert isinstance(text, ast.Constant), f"{relative(path)}:{node.lineno}"
                calls += 1
    assert calls > 10, "there are log calls, and this test sees them"


def test_format_strings_are_fixed() -> None:
    """What is filled with values is a text of the source or of its translation, never one that somebody typed."""
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            pattern = None
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                pattern = node.func.value if node.func.attr in ("format", "format_map") else None
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
                # What is divided by a number of ours is a number.
                pattern = node.left if not re.fullmatch(r"\d+|divisor|len\(.*\)", ast.unparse(node.right)) else None
            if pattern is not None:
                place = f"{relative(path)}:{node.lineno}"  # type: ignore[attr-defined]
                assert is_fixed(pattern) or place.split(":")[0] in FILLED, f"{place}: {ast.unparse(pattern)}"


def is_fixed(pattern: ast.expr) -> bool:
    """Whether an expression is a number's or a constant text, or its translation."""
    if isinstance(pattern, ast.Call) and ast.unparse(pattern.func) in ("gettext", "_", "ngettext", "pgettext"):
        return all(isinstance(part, ast.Constant) for part in pattern.args[: 1 + (len(pattern.args) > 2)])
    return isinstance(pattern, ast.Constant)


def test_templates_escape_and_load_nothing_of_other_sites() -> None:
    for path in TEMPLATES:
        source, name = path.read_text("utf-8"), relative(path)
        if path.suffix != ".html":
            # Texts of mails and text messages are not HTML; `&` would be sent as `&amp;` otherwise.
            assert path.suffix in {".txt", ".svg"}, name
            continue
        assert not re.search(r"\|\s*safe\b|autoescape\s+off|\|\s*safeseq", source), name
        assert not re.search(r'(src|href)="(https?:)?//', source), name
        assert source.count('target="_blank"') == source.count('target="_blank" rel="noopener"'), name
        assert not re.search(r"<(object|embed|applet|param|iframe|frame|marquee|bgsound)\b", source, re.IGNORECASE), (
            name
        )


# One number stays in the browser: the port at which it trusts this computer's component; it says nothing of anybody.
LASTING = {"cardlogin_server/browser/addresses.js": {"localStorage"}}


def test_scripts_write_text_and_keep_nothing() -> None:
    words = {
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "localStorage",
        "indexedDB", "document.cookie", "__proto__", 'setTimeout("', "importScripts",
    }  # fmt: skip
    for path in SCRIPTS:
        source = path.read_text("utf-8")
        assert {word for word in words if word in source} == LASTING.get(relative(path), set()), relative(path)


def test_scripts_merge_no_foreign_object() -> None:
    """Objects of others are read by names that stand in the script; nothing copies all their fields into another."""
    words = ("Object.assign", "Object.defineProperty", "setPrototypeOf", "structuredClone", "Object.entries(")
    for path in SCRIPTS:
        source = path.read_text("utf-8")
        assert not [word for word in words if word in source], relative(path)
        assert not re.search(r"\.\.\.(answer|data|event|message|problem|token|value)\b(?!\.map)", source), relative(
            path
        )
