"""The words of the manual of failures around the texts of its catalogues."""

WORDS = {
    "en": {
        "head": (
            "# Manual of failures\n\n"
            "[中文](zh-Hant.md)\n\n"
            "For citizens and for the people who help them on the telephone: what each code of card log-in means, what "
            "is behind it, what helps, and what support may ask next. The codes are those of the program's window, of "
            "the [self-test](../selftest.md), of log-in pages and of the log.\n\n"
            "The checks stand in the order in which the self-test makes them. **The first red one is the cause**: "
            "put it right before you look at the others. Nobody who helps you needs your PIN; never tell it "
            "to anybody, and "
            "type it into the window of CardLogin only.\n\n"
            "Made by `python -m tests.dev.failure_manual` from `agent/selftest/catalogue.toml`, `agent/failures.toml`, "
            "`cardlogin_server`, `docs/failures/more.toml` and `pkcs11_shims/families.toml`. The short list "
            "of all codes "
            "is [errors.md](../errors.md)."
        ),
        "check": "check",
        "codes": "codes",
        "comma": ", ",
        "gap": ": ",
        "requests": "Requests of pages",
        "seen": "The citizen sees",
        "also_browser": "On the log-in page",
        "also_server": "On the site",
        "cause": "Cause",
        "steps": "What to do",
        "ask": "Support may ask next",
        "sign": "Sign",
        "source": "Noticed by",
        "agent": "CardLogin on the computer",
        "browser": "log-in page in the browser",
        "server": "site",
        "families": "Forgotten or locked PIN, by kind of card",
        "families_how": (
            "CardLogin changes no PIN and unlocks no card; only the issuer does. Other tools can lock the card for "
            "good. A page or number stands here only if its source is known."
        ),
        "family": "card",
        "page": "issuer's page",
        "telephone": "telephone",
        "from": "source",
    },
    "zh-Hant": {
        "head": (
            "# 異常代碼手冊\n\n"
            "[English](README.md)\n\n"
            "本手冊供民眾與電話客服人員使用：說明憑證登入每個代碼的意思、原因、處理步驟，以及客服接下來可以詢問的問題。\n"
            "代碼會出現在元件的視窗、[環境檢測](../selftest.zh-Hant.md)、登入網頁與記錄檔中。\n\n"
            "各項依環境檢測的順序排列。**第一個異常的項目就是原因**，先處理它，再看其他項目。\n"
            "協助您的人不需要您的 PIN 碼；請勿告訴任何人，並且只在憑證登入元件的視窗輸入。\n\n"
            "本頁由 `python -m tests.dev.failure_manual` 產生。所有代碼的簡表見 [errors.md](../errors.md)。"
        ),
        "check": "檢測項目",
        "codes": "代碼",
        "comma": "、",
        "gap": "：",
        "requests": "網頁的要求",
        "seen": "民眾看到",
        "also_browser": "登入網頁顯示",
        "also_server": "網站顯示",
        "cause": "原因",
        "steps": "處理步驟",
        "ask": "客服可接著詢問",
        "sign": "結果",
        "source": "發現者",
        "agent": "電腦上的憑證登入元件",
        "browser": "瀏覽器中的登入網頁",
        "server": "網站",
        "families": "忘記 PIN 碼或鎖卡：依卡片種類",
        "families_how": (
            "憑證登入元件不提供變更 PIN 碼與解鎖，只有發卡機關可以辦理；使用其他工具可能使卡片永久鎖住。\n"
            "這裡只列出有來源可查的網頁與電話。"
        ),
        "family": "卡片",
        "page": "發卡機關網頁",
        "telephone": "電話",
        "from": "來源",
    },
}
