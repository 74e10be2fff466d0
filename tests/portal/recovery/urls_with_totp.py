"""The portal's addresses and those of allauth's second factor, whichever of them the portal mounts itself."""

from django.urls import include, path

from portal.urls import urlpatterns as _portal

urlpatterns = [*_portal, path("accounts/second-factor/", include("allauth.mfa.urls"))]
