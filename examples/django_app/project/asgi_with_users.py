"""For ASGI servers: `uvicorn project.asgi_with_users:application`"""

import os

from django.core.asgi import get_asgi_application

from ccr_middleware import CCRMiddleware, Gateway

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings_with_users")
host = get_asgi_application()  # sets Django up, before anything is imported that needs its models

from .users import authenticate  # noqa: E402

# The path of a config.json; without one the built-in demo model answers.
gateway = Gateway(os.environ.get("CCR_CONFIG"), authenticate=authenticate)
application = CCRMiddleware(host, prefix="/ccr", gateway=gateway)
