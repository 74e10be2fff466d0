// Made by ./dev messages from browser_failures.py and its catalogues; not to be changed by hand.

export const LANGUAGES = ["zh-Hant", "en"];

export const TEXTS = {
  agent_not_found: {
    meaning: {"zh-Hant": "憑證登入元件沒有回應，可能尚未安裝或尚未啟動。", "en": "The card log-in component does not answer; it may not be installed or not started."},
    remedy: {"zh-Hant": "請安裝或啟動憑證登入元件，再按一次憑證登入。", "en": "Install or start the card log-in component, then try again."},
  },
  tls_not_trusted: {
    meaning: {"zh-Hant": "瀏覽器不信任憑證登入元件的本機憑證。", "en": "The browser does not trust the local certificate of the card log-in component."},
    remedy: {"zh-Hant": "請修復元件的憑證信任並重新啟動瀏覽器，再試一次。", "en": "Repair the component's certificate trust, restart the browser and try again."},
  },
  permission_denied: {
    meaning: {"zh-Hant": "瀏覽器不允許本網站連線到這台電腦上的程式。", "en": "The browser does not allow this site to reach programs on this computer."},
    remedy: {"zh-Hant": "請在瀏覽器的網站設定允許存取本機應用程式，再試一次。", "en": "Allow access to apps on this device in the browser's site settings, then try again."},
  },
  popup_blocked: {
    meaning: {"zh-Hant": "瀏覽器封鎖了登入視窗。", "en": "The browser blocked the log-in window."},
    remedy: {"zh-Hant": "請在網址列允許本網站開啟彈出式視窗，再按一次憑證登入。", "en": "Allow pop-ups for this site in the address bar, then try again."},
  },
  opener_cut: {
    meaning: {"zh-Hant": "本網站的安全設定使登入視窗無法回覆。", "en": "This site's security settings keep the log-in window from answering."},
    remedy: {"zh-Hant": "請改用其他登入方式，或改用其他瀏覽器。", "en": "Use another way to log in, or another browser."},
  },
  navigation_unfinished: {
    meaning: {"zh-Hant": "登入沒有完成：憑證登入元件沒有回應，或您離開了它的頁面。", "en": "The log-in was not completed: the card log-in component did not answer, or you left its page."},
    remedy: {"zh-Hant": "請確認憑證登入元件已安裝並執行、瀏覽器信任其本機憑證，再按一次憑證登入。", "en": "Check that the card log-in component is installed, running and trusted by this browser, then try again."},
  },
  page_closed: {
    meaning: {"zh-Hant": "登入視窗在完成前關閉了，沒有登入。", "en": "The log-in window was closed before the log-in was complete."},
    remedy: {"zh-Hant": "需要登入時，請再按一次憑證登入。", "en": "Start the card log-in again when you want to log in."},
  },
  timed_out: {
    meaning: {"zh-Hant": "等候登入完成逾時。", "en": "The log-in was not completed in time."},
    remedy: {"zh-Hant": "請再按一次憑證登入。", "en": "Start the card log-in again."},
  },
  answer_malformed: {
    meaning: {"zh-Hant": "收到的回覆不完整或格式不正確。", "en": "The answer received is incomplete or malformed."},
    remedy: {"zh-Hant": "請重新整理頁面後再試一次。", "en": "Reload the page and try again."},
  },
};
