"""For ASGI servers: `uvicorn project.asgi:application`"""

import os

from django.core.asgi import get_asgi_application

from ccr_middleware import CCRMiddleware

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

# The path of a config.json; without one the built-in demo model answers.
application = CCRMiddleware(get_asgi_application(), prefix="/ccr", config=os.environ.get("CCR_CONFIG"))
