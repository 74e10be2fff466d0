"""Registration, confirmation, 會員中心 and change of the mail address."""
