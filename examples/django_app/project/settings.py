"""Settings of the smallest project. None of them applies below /ccr: see the README."""

import os

from django.core.management.utils import get_random_secret_key

# For several processes give one key to all of them.
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY") or get_random_secret_key()

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
ASGI_APPLICATION = "project.asgi.application"
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
TIME_ZONE = "UTC"
USE_TZ = True

# Claude Code sends images and PDFs as base64, far over Django's 2.5 MB. No need to raise DATA_UPLOAD_MAX_MEMORY_SIZE
# for it: the gateway is wrapped around Django, so its requests never get here. Its own limit is 64 MB.
