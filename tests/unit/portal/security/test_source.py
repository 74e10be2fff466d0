"""What the portal's own code never does, read from its source (ASVS 1.2 to 1.5, 3.2.2, 11.4.1, 11.5.1, 14.3.3)."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[4]
CODE = sorted(path for name in ("portal", "cardlogin_server") for path in (ROOT / name).rglob("*.py"))
TEMPLATES = sorted((ROOT / "portal" / "templates").rglob("*.*"))
SCRIPTS = sorted([*(ROOT / "portal" / "static").rglob("*.js"), ROOT / "cardlogin_server" / "browser" / "cardlogin.js"])
FORBIDDEN_MODULES = {
    "pickle", "marshal", "shelve", "subprocess", "yaml", "lxml", "ctypes", "telnetlib", "ftplib", "ldap", "ldap3",
    "random", "xml",
}  # fmt: skip
FORBIDDEN_CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "hashlib.md5", "hashlib.new", "mark_safe",
    "format_html_join", "Template", "Engine", "RawSQL", "ssl._create_unverified_context",
}  # fmt: skip
# Numbers that hide nothing, for spreading load; and a picture that is drawn from our own secret, not from input.
ALLOWED = {
    "cardlogin_server/revocation/refresh.py": {"random"},
    "cardlogin_server/revocation/fetching/breaker.py": {"random"},
    "portal/member/second_factor.py": {"mark_safe"},
}
_SHA1 = ("hashlib.sha1", "hashes.SHA1")


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
    """Own statements are triggers in migrations, without any value in them."""
    users = {relative(path) for path in CODE if re.search(r"\bcursor\(\)|\.execute\(", path.read_text("utf-8"))}
    own = {name for name in users if name.startswith("portal/")}
    assert all("/migrations/" in name for name in own), own


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


def test_log_calls_have_fixed_texts() -> None:
    """The first argument of a log call is a text in the source, never one that was put together."""
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner = ast.unparse(node.func.value).lower()
            if owner in {"_log", "_lines", "logger", "logging"} and node.func.attr in {
                "info",
                "warning",
                "error",
                "exception",
            }:
                assert isinstance(node.args[0], ast.Constant), f"{relative(path)}:{node.lineno}"


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


def test_scripts_write_text_and_keep_nothing() -> None:
    words = (
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "localStorage",
        "indexedDB", "document.cookie", "__proto__", 'setTimeout("', "importScripts",
    )  # fmt: skip
    for path in SCRIPTS:
        source = path.read_text("utf-8")
        assert not [word for word in words if word in source], relative(path)
