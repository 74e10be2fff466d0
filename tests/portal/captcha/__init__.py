"""The captcha."""
