"""The host's own pages, and the token for Claude Code."""

from django.urls import path

from .urls import urlpatterns as plain
from .users import token

urlpatterns = [*plain, path("token", token)]
